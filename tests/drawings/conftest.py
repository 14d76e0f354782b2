"""The drawings, as real modelers open them: once for the whole run."""

from __future__ import annotations

import pytest

from tests.conftest import absent
from tests.drawings.modeler import chromium, modeler
from tests.drawings.node import judged
from tests.drawings.picture import drawings
from tests.drawings.test_layout import SOUND


@pytest.fixture(scope="session")
def verdicts():
    return judged([*drawings(), SOUND])


@pytest.fixture(scope="session")
def bpmn_js():
    if chromium() is None:
        absent("Chromium")
    with modeler() as opened:
        yield opened
