"""The models as people read them: every step, form and table in words, in both languages."""

import tomllib
from datetime import date

import pytest

from engine.services import agreements, models
from engine.services.releases import shipped_release

ON = date(2026, 11, 23)


@pytest.fixture(scope="module")
def release():
    return shipped_release()


@pytest.fixture(scope="module")
def sheets(release):
    return {process: models._sheet(release, process, ON) for process in release.processes}


def sheet_step(sheet, element):
    return next(one for one in sheet.steps if one.element == element)


def texts(asked):
    """All that a form says."""
    for one in asked:
        yield from filter(None, (one.label, one.hint, *one.choices))
        yield from texts(one.fields)


def test_a_step_says_who_does_it_by_when_what_comes_of_it_which_rules_it_serves_and_what_follows(sheets):
    summons = sheet_step(sheets["sip"], "send_summons")

    assert (summons.lane.sv, summons.lane.en) == ("Initiativtagare", "Initiator")
    assert summons.roles[0].en.startswith("Whoever raised the need")
    assert (summons.deadline.sv, summons.deadline.en) == ("kallelsen ska ha gått ut", "the summons is to be sent")
    assert [made.en for made in summons.makes] == ["Records the summons: time and place of the meeting."]
    assert {rule.rule: rule.agreement for rule in summons.rules}["001-4"] == "ostra_norrbotten"
    assert {(way.name.sv, *(when.sv for when in way.when)) for way in summons.ways} == {
        ("Sänd kallelsen", "Hålls tiderna? Ja"),
        ("Ta ställning till förseningen", "Hålls tiderna? Nej"),
    }


def test_what_an_expression_gives_a_task_to_is_every_role_that_it_names(sheets):
    assert len(sheet_step(sheets["sip"], "sign_plan").roles) == 1
    assert sheet_step(sheets["sip"], "sign_plan").repeated


def test_everything_that_is_drawn_asked_or_decided_has_its_english(sheets):
    for sheet in sheets.values():
        said = [sheet.summary.name, sheet.summary.about, *sheet.phases]
        for step in sheet.steps:
            said += [step.name, step.lane, step.deadline, *step.roles, *step.makes]
            said += [text for way in step.ways for text in (way.name, *way.when)]
        said += [text for form in sheet.forms for text in texts(form.fields)]
        for table in sheet.decisions:
            said += [table.name, table.about, *table.heads, *(row.note for row in table.rows)]

        assert [text.sv for text in said if text is not None and text.sv and not text.en] == []
    assert sum(len(form.fields) for sheet in sheets.values() for form in sheet.forms) > 100


def test_a_decision_table_reads_as_words(sheets):
    (table,) = sheets["sip"].decisions

    assert table.first_hit
    first = table.rows[0]
    assert [cell.sv for cell in first.cells] == [
        "Vårdnadshavare / Barnet eller vårdnadshavare",
        "Alla vårdnadshavare",
        "minst 1",
        "0",
        "oavsett",
        "oavsett",
        "ja",
    ]
    assert (first.note.en, first.rules) == ("All who answered say yes", ("000-5", "003-3"))


def test_what_an_agreement_says_decides_leaves_open_and_has_no_rule_for_are_told_apart(release):
    plain = {one.key: one for one in models._agreement(release, "jamtbus", ON).values}
    decided = {one.key: one for one in models._agreement(shipped_release(demonstration=True), "jamtbus", ON).values}

    assert (plain["plan_type"].state, plain["plan_type"].entry.source, plain["plan_type"].words[0].en) == (
        "value",
        "document",
        "Coordinated individual plan (SIP)",
    )
    assert (plain["day_kind"].state, plain["day_kind"].proposal.sv, plain["day_kind"].needed) == ("unset", "Kalenderdagar", True)
    assert plain["day_kind"] in models._agreement(release, "jamtbus", ON).unset
    assert (decided["day_kind"].entry.source, decided["day_kind"].proposal) == ("local", None)
    assert (decided["political_per_year"].state, decided["political_per_year"].words) == ("no_rule", ())
    assert (decided["meeting_max_days"].words[0].sv, decided["age_max"].words[0].en) == ("21 dagar", "20 years")


def test_every_key_and_every_value_that_a_table_can_have_has_words(release):
    words = tomllib.loads(release.files[models.WORDS].decode())

    choices = agreements.choices(release, "jamtbus")

    assert [one.key for one in choices if one.key not in words["meaning"]] == []
    assert [(one.key, value) for one in choices for value in one.allowed or () if str(value) not in words["value"].get(one.key, {})] == []
    assert [one.key for one in choices if one.kind == "number" and one.key not in words["unit"]] == []


def test_a_time_limit_is_said_in_days_of_a_kind_from_where_they_count(release):
    limits = {what.sv: days for what, days in models._agreement(shipped_release(demonstration=True), "jamtbus", ON).deadlines}

    assert limits["mötet ska hållas"].sv == "21 kalenderdagar räknat: när chefen har beslutat"
    assert limits["kallelsen ska ha gått ut"].en == "7 calendar days before the day on which the meeting is to be held"


def test_every_rule_says_what_serves_it_or_that_nothing_does(release):
    rules = [one for agreement in agreements.of_release(release) for one in models._agreement(release, agreement, ON).rules]

    assert len(rules) > 90
    assert all(one.served or one.rule.not_served for one in rules)
    steps = [served for one in rules for served in one.served if served.kind == "step"]
    assert all(served.element is None or served.element in release.process(served.process).elements for served in steps)
