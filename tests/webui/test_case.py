"""The page of a case at every stage, its plan, notes and consents, who has read it, and the list of cases."""

import re
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from engine.clock import MovableClock
from engine.services import cases, deviations, notes, tasks
from engine.services.opening import open_runtime
from engine.services.runtime import Runtime
from engine.storage.tables import Consent
from tests.acceptance.conftest import Town
from webui.app import create_app
from webui.house import EXTENSION
from webui.settings import Settings

AGREEMENT = "norrtalje"


@pytest.fixture(scope="module")
def begun(filled_database, tmp_path_factory):
    """A file with a case whose consent is given and whose units are called, some weeks ago: played once, copied for each test."""
    path = shutil.copy(filled_database, tmp_path_factory.mktemp("case") / "begun.sqlite")
    opened = open_runtime(f"sqlite:///{path}", demonstration=True)
    sip = town_of(opened, MovableClock(opened.clock.now() - timedelta(days=25))).start(AGREEMENT)
    sip.register()
    sip.do("decide_call", decision="call", reason="Flera behöver hjälpas åt.")
    sip.choose("social_authority", "child_psychiatry")
    sip.consent()
    sip.summon(10)
    opened.database.close()
    return path, sip


def town_of(runtime, clock):
    with runtime.database.reading() as session:
        return Town(Runtime(runtime.database, runtime.releases, clock), clock, runtime.organisation(session))


@pytest.fixture
def app(begun, tmp_path):
    path = shutil.copy(begun[0], tmp_path / "web.sqlite")
    made = create_app(Settings(f"sqlite:///{path}", demonstration=True, secure_cookies=False))
    yield made
    made.extensions[EXTENSION].runtime.database.close()


@pytest.fixture
def town(runtime, begun):
    """Everybody, at the moment when the units have just been called."""
    return town_of(runtime, MovableClock(begun[1].town.clock.now()))


@pytest.fixture
def sip(town, begun):
    """The case whose units are called."""
    return replace(begun[1], town=town)


@pytest.fixture
def planned(sip):
    """A case with a plan and a coordinator."""
    sip.answer_all()
    sip.town.wait(days=10, minutes=5)
    sip.attend()
    sip.meet()
    sip.plan(
        "draft_plan" if "draft_plan" in sip.waits_for else "draft_joint_plan",
        measures=[MEASURE | {"unit": sip.unit, "party": sip.town.organisation.unit(sip.unit).party}],
    )
    sip.appoint()
    return sip


MEASURE = {
    "what": "Stöd på morgonen",
    "person": "Signe Lärarsson",
    "extent": "Varje dag",
    "place": "Skolan",
    "starts_on": "2026-01-12",
    "ends_on": "2026-06-12",
    "cost": 4500,
}


def page_of(browser_of, sip, who=None, path=""):
    return browser_of(who or sip.initiator).get(f"/case/{sip.reference}{path}")


def leader_of(sip, kind):
    """Somebody in the line above a unit: its own manager's post may be vacant."""
    unit, at = sip.town.unit(AGREEMENT, kind), sip.town.clock.now()
    return next(who for post in sip.town.organisation.line(unit, at) for who in sip.town.organisation.holders(post.id, at))


def section(page, heading):
    """The words of one section of the page."""
    return re.search(rf'<h2[^>]*id="{heading}".*?(?=</section>)', page.html, re.DOTALL)[0]


def test_the_strip_says_in_words_where_the_case_is(browser_of, sip):
    page = page_of(browser_of, sip)

    (here,) = re.findall(r'<li class="samspel-strip__\w+" aria-current="step">(.*?)</li>', page.html, re.DOTALL)
    assert "Kallelse" in here
    assert "här är ni nu" in here
    assert len(re.findall(r'<li class="samspel-strip__', page.html)) == 7


def test_every_link_on_top_leads_to_a_section(browser_of, sip, school):
    for who in (sip.initiator, sip.town.leader(sip.unit)):
        page = page_of(browser_of, sip, who)

        targets = re.findall(r'<li><a class="govuk-link" href="#(\w+)"', page.html)
        assert {"plan", "events", "participants", "deviations", "documents", "notes"} <= set(targets)
        assert [target for target in targets if f'id="{target}"' not in page.html] == []


def test_the_coordinator_stands_on_top_with_a_telephone(browser_of, planned):
    page = page_of(browser_of, planned)

    (box,) = re.findall(r'<h2 class="govuk-heading-s">Samordnare</h2>(.*?)</div>', page.html, re.DOTALL)
    assert planned.town.organisation.person(planned.initiator).name in box
    assert re.search(r"Telefon 070-174 06 \d\d", box)


def test_an_empty_section_says_what_will_come(browser_of, town):
    fresh = town.start(AGREEMENT)

    page = page_of(browser_of, fresh)

    assert "Planen skrivs på mötet" in page.text
    assert "Inget samtycke är antecknat än" in page.text
    assert "Inga dokument än" in page.text
    assert "Inga anteckningar än" in page.text
    assert "Ingen avvikelse eller tvist" in page.text
    assert "Håller i ärendet tills samordnare är utsedd" in page.text


def test_the_plan_says_who_does_what_where_when_and_how_it_goes(browser_of, planned):
    page = page_of(browser_of, planned)

    for word in ("Stöd på morgonen", "Inte påbörjad", "Signe Lärarsson", "Varje dag", "Skolan", "12 januari 2026 till 12 juni 2026", "4500 kronor"):
        assert word in page.text, word
    assert "Samordnare" in page.text

    if "hand_out_plan" in planned.waits_for:
        planned.do("hand_out_plan", all_have_copy=True, family_copy="at_meeting")
    planned.town.wait(days=61)
    planned.follow_up("new_plan")
    planned.town.wait(minutes=30)
    planned.plan("draft_plan" if "draft_plan" in planned.waits_for else "draft_joint_plan", goals=[{"goal": "Ett nytt mål"}])
    again = page_of(browser_of, planned)
    earlier = browser_of(planned.initiator).get(again.link(r"/plan\?number="))

    assert "Ett nytt mål" in again.text
    assert "Tidigare planer" in again.text
    assert "Delvis uppnått" in earlier.text
    assert "Pågår" in earlier.text
    assert "En nyare har ersatt den" in earlier.text


def test_the_plan_has_a_page_of_its_own_to_print_and_none_before_it_is_written(browser_of, sip, planned):
    page = page_of(browser_of, planned, path="/plan")

    assert page.status == 200
    assert "För Maja Exempelsson, född" in page.text
    assert "Ska ha en kopia" in page.text
    assert page_of(browser_of, planned, path="/plan?number=999").status == 404
    assert page_of(browser_of, planned.town.start(AGREEMENT), path="/plan").status == 404


def test_the_events_are_told_newest_first_with_their_reason_and_page_by_page(browser_of, planned):
    page = page_of(browser_of, planned)
    every = page_of(browser_of, planned, path="/events")

    told = re.findall(r"<p><strong>(.*?)</strong></p>", every.html)
    assert told[0] == "Klart: Utse samordnare"
    assert told[-1] == "Ärendet öppnades"
    assert "Flera behöver hjälpas åt." in every.text
    assert "Visa alla händelser" in page.text
    assert len(re.findall(r"<p><strong>", section(page, "events"))) < len(told)
    assert "inga tidigare händelser" in page_of(browser_of, planned, path="/events?before=1").text


def test_a_note_is_read_by_those_who_take_part_and_their_managers(browser_of, sip, school):
    browser = browser_of(sip.initiator)
    browser.post(f"/case/{sip.reference}/note", text="Ring <b>mormor</b>\nförst.")

    unit = sip.town.unit(AGREEMENT, "child_psychiatry")
    for who in (sip.initiator, sip.town.leader(sip.unit), sip.town.worker(unit), leader_of(sip, "child_psychiatry")):
        assert "Ring &lt;b&gt;mormor&lt;/b&gt;" in section(page_of(browser_of, sip, who), "notes"), who
    assert "Skriv en anteckning" not in page_of(browser_of, sip, leader_of(sip, "child_psychiatry")).text, "a manager who only reads writes nothing"
    assert browser_of(school.stranger).post(f"/case/{sip.reference}/note", text="Hej").status in (403, 404, 422)


@pytest.mark.parametrize(("text", "said"), [("  ", "Skriv något"), ("x" * (notes.LONGEST + 3), "Korta den med 3 tecken")])
def test_a_note_that_cannot_be_kept_comes_back_with_its_text(browser_of, sip, text, said):
    page = browser_of(sip.initiator).post(f"/case/{sip.reference}/note", text=text)

    assert page.status == 422
    assert page.title.startswith("Fel:")
    assert page.html.count(said) == 2, "on top and at the field"
    assert text.strip() in page.html


def test_a_withdrawal_says_first_what_it_stops_and_then_stops_it(browser_of, sip):
    browser = browser_of(sip.initiator)
    link = browser.get(f"/case/{sip.reference}").link("withdraw$")

    asked = browser.get(link)
    assert "återkallar sitt samtycke" in asked.text
    assert "Stäng insynen i ärendet" in asked.text
    assert "som väntar på" in asked.text
    assert "går inte att ångra" in asked.text
    unit = sip.town.unit(AGREEMENT, "child_psychiatry")
    assert page_of(browser_of, sip, sip.town.worker(unit)).status == 200

    done = browser.post(link, reason="Familjen vill vänta.")

    assert "Återkallelsen är antecknad" in done.text
    assert "Samtycket återkallades" in done.text
    assert "Skäl: Familjen vill vänta." in done.text
    assert page_of(browser_of, sip, sip.town.worker(unit)).status == 404
    assert browser.get(link).status == 422, "what is withdrawn is not withdrawn again"


def test_only_those_who_take_part_record_a_withdrawal(browser_of, sip):
    link = page_of(browser_of, sip).link("withdraw$")
    leader = leader_of(sip, "child_psychiatry")

    assert "återkallat</a>" not in page_of(browser_of, sip, leader).html
    assert browser_of(leader).get(link).status == 404
    assert browser_of(leader).post(link).status == 404
    with pytest.raises(cases.NotYoursToWithdraw):
        cases.withdraw(sip.runtime, leader, sip.reference)


def test_what_waits_alike_for_several_units_names_which(browser_of, sip):
    sip.answer_all()
    sip.town.wait(days=10, minutes=5)

    waits = section(page_of(browser_of, sip), "now")

    assert waits.count("Anteckna närvaro") == 2
    assert all(sip.town.organisation.unit(item.unit_id).name in waits for item in sip.items("take_attendance"))


def test_nobody_is_called_to_a_day_that_has_been(town):
    called = town.start(AGREEMENT)
    called.register()
    called.do("decide_call", decision="call", reason="Flera behöver hjälpas åt.")
    called.choose("social_authority")
    called.consent()

    with pytest.raises(tasks.InvalidAnswers) as refused:
        called.summon(-20)

    assert list(refused.value.fields) == ["meeting_at"]


def test_a_unit_outside_the_consent_is_told_so_and_sees_no_names(browser_of, sip, runtime):
    unit = sip.town.unit(AGREEMENT, "child_psychiatry")
    with runtime.database.writing() as session:
        session.execute(update(Consent).values(recipients=[sip.town.unit(AGREEMENT, "social_authority")]))

    page = page_of(browser_of, sip, sip.town.worker(unit))

    assert page.status == 200
    assert "samtycket omfattar inte er" in page.text
    assert "ME 20" in page.text
    for hidden in (
        "Maja Exempelsson",
        "Elis Exempelsson",
        "Tuva Exempelsson",
        "Flera behöver hjälpas åt",
        sip.town.organisation.unit(sip.town.unit(AGREEMENT, "social_authority")).name,
    ):
        assert hidden not in page.text, hidden
    assert "Flera behöver hjälpas åt" not in page_of(browser_of, sip, sip.town.worker(unit), "/events").text


def test_who_has_read_is_shown_to_the_managers_of_the_unit_that_answers_for_the_case(browser_of, sip):
    leader = sip.town.leader(sip.unit)
    page_of(browser_of, sip)

    page = page_of(browser_of, sip, leader)

    assert "Vem har läst" in page.text
    assert sip.town.organisation.person(sip.initiator).name in section(page, "readers")
    assert "Vem har läst" not in page_of(browser_of, sip).text


def test_a_closed_case_says_how_it_ended_and_stays_readable(browser_of, town):
    closed = town.start(AGREEMENT)
    closed.register()
    closed.do("decide_call", decision="no_call", reason="Skolan klarar det själv.")

    page = page_of(browser_of, closed)

    assert "Ingen gemensam plan behövdes" in page.text
    assert "Skäl: Skolan klarar det själv." in page.text
    assert "Väntar nu" not in page.text
    assert "Skriv en anteckning" not in page.text


def test_the_list_shows_initials_phase_and_what_is_due_and_finds_a_reference(browser_of, sip, town, school):
    other = town.start(AGREEMENT)
    browser = browser_of(sip.initiator)

    page = browser.get("/cases")

    assert "ME 20" in page.text
    assert "Maja" not in page.text
    assert sip.reference in page.text
    assert "Kallelse" in page.text
    assert "Behov" in page.text
    found = browser.get(f"/cases?case={other.reference[:-1].lower()}")
    assert other.reference in found.text
    assert sip.reference not in found.text
    assert "Inget ärende som du får se" in browser.get("/cases?case=2026-ZZ").text
    assert "inget ärende som pågår" in browser_of(school.stranger).get("/cases").text
    assert sip.reference not in browser.get("/cases?closed=1").text
    assert sip.reference in browser.get("/cases?whose=mine").text
    assert sip.reference not in browser.get("/cases?whose=units").text
    colleague = next(who for who in town.organisation.staff_of(sip.unit, town.clock.now()) if who != sip.initiator)
    assert sip.reference in browser_of(colleague).get("/cases?whose=units").text
    assert browser.get("/cases?page=-4&whose=nobody&closed=x").status == 200


def test_pages_of_cases_ask_as_many_questions_for_many_rows_as_for_few(browser_of, planned, runtime):
    browser = browser_of(planned.initiator)
    asked = []
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    def questions(path):
        browser.get(path)
        asked.clear()
        browser.get(path)
        return len(asked)

    def more(rows):
        for number in range(rows):
            notes.write(planned.runtime, planned.initiator, planned.reference, f"Anteckning {number}")
            cases.start(planned.runtime, planned.initiator, agreement=AGREEMENT, child=cases.NewChild("Elsa Påhittén", CHILD_BORN), unit=planned.unit)
            deviations.report(planned.runtime, planned.initiator, agreement=AGREEMENT, unit=planned.unit, case=planned.reference)

    paths = [f"/case/{planned.reference}", f"/case/{planned.reference}/events", f"/case/{planned.reference}/plan", "/cases"]
    more(1)
    few = [questions(path) for path in paths]
    more(4)

    assert [questions(path) for path in paths] == few
    assert max(few) < 60


CHILD_BORN = cases.date(2014, 3, 14)
