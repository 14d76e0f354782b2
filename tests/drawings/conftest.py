"""The drawings, as real modelers open them."""

from __future__ import annotations

import pytest

from tests.browser import path_of_chromium
from tests.conftest import absent
from tests.drawings.modeler import modeler
from tests.drawings.node import judged
from tests.drawings.picture import drawings
from tests.drawings.test_layout import SOUND


@pytest.fixture(scope="session")
def verdicts():
    return judged([*drawings(), SOUND])


@pytest.fixture(scope="module")
def bpmn_js():
    # Closed after each module: while Playwright's event loop lives, the FEEL isolate refuses calls with a time limit.
    if path_of_chromium() is None:
        absent("Chromium")
    with modeler() as opened:
        yield opened
