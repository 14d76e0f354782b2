"""A deviation in a real browser, from whoever saw it to the management level and back to the one who reported it."""

from __future__ import annotations

from engine.facts.organisation import swedish_day
from tests.journeys.conftest import in_words


def test_a_deviation_climbs_through_all_four_levels_by_hand_and_by_the_clock(town):
    """002-15, 003-18, scenario 5: staff, the nearest manager, the next level, management; silence lifts it on the day that the page has named."""
    report = town.deviate("jamtbus")
    report.report()
    nearest, following, management = (town.leader(report.unit, level) for level in range(3))
    assert report.who_may(report.only("act_level_1")) == [nearest]

    report.pass_on("act_level_1", by=nearest)
    assert report.who_may(report.only("act_level_2")) == [following]
    due, _ = report.due("act_level_2")
    page = report.page_of("act_level_2")
    assert in_words(due) in page
    assert "lokalt beslut" in page
    town.wait(days=(due - swedish_day(report.town.clock.now())).days)
    assert report.waits_for == {"act_level_2"}
    town.wait(days=1)
    assert report.who_may(report.only("act_management")) == [management]
    assert "gick vidare av sig själv" in report.own_page()

    report.do("act_management", by=management, way="act", decided_action="Kallelser skickas till enhetens brevlåda.", reason="Det har hänt förut.")
    report.do("send_feedback", text="Från och med nu går kallelser till enhetens brevlåda.")
    assert "Från och med nu går kallelser till enhetens brevlåda." in report.own_page()
    report.verify()

    assert report.outcome == "resolved"
    assert "Avslutad" in report.own_page()
