"""What an agreement leaves open stops the start of a case by name; what its needed values are follows from the drawings."""

from __future__ import annotations

import pytest

from engine.clock import STOCKHOLM
from engine.services import agreements, cases
from engine.services.cases import AgreementIncomplete
from engine.storage.tables import Case
from tests.agreements.test_policy import NEVER_SAID, OPEN


@pytest.mark.parametrize("agreement", sorted(OPEN))
def test_without_local_decisions_the_start_is_refused_and_exactly_the_needed_open_values_are_listed(undecided_town, undecided, agreement):
    today = undecided_town.clock.now().astimezone(STOCKHOLM).date()
    needed = agreements.needed_keys(undecided, agreement, today)

    with pytest.raises(AgreementIncomplete) as refused:
        undecided_town.start(agreement)

    assert set(refused.value.keys) == (OPEN[agreement] | NEVER_SAID) & needed
    assert {"clock_start", "deviation_days_1"} <= set(refused.value.keys), "the start of the days and the deviation times are open everywhere"
    for key in refused.value.keys:
        assert key in refused.value.sentence("sv")
    with undecided_town.runtime.database.reading() as session:
        assert session.query(Case).count() == 0


@pytest.mark.parametrize("agreement", sorted(OPEN))
def test_with_the_local_decisions_it_starts(town, agreement):
    sip = town.start(agreement)

    assert cases.show(town.runtime, sip.initiator, sip.reference).agreement == agreement
