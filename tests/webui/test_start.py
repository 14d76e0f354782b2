"""The start page says to each what waits, by what they are there for, and how it goes with what they began."""

from datetime import date, timedelta

from sqlalchemy import event, insert, select, update

from engine.facts.organisation import swedish_day
from engine.services import cases, deputies, deviations, glance
from engine.services.cases import NewChild
from engine.services.directory import directory
from engine.services.releases import _packed
from engine.storage.tables import Incident, ProcessInstance, StoredRelease, WorkItem


def begin(runtime, school, name="Maja Exempelsson"):
    born = date(runtime.clock.now().year - 11, 3, 14)
    return cases.start(runtime, school.teacher, agreement="norrtalje", child=NewChild(name, born, None, "Testbyn"), unit=school.unit)


def asked_of(runtime, look):
    """How many questions a page asks of the database."""
    statements = []

    def note(*of):
        statements.append(of[2])

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    page = look()
    event.remove(runtime.database.engine, "before_cursor_execute", note)
    assert page.status == 200
    return len(statements)


def test_who_has_nothing_to_do_is_told_so_kindly(browser_of, school):
    page = browser_of(school.stranger).get("/")

    assert "Inget väntar på dig." in page.text
    assert "Ser du ett barn som behöver stöd?" in page.text
    for other in ("Som chef", "Som processägare", "Det du har startat", "Dina rapporter", "Nytt sedan"):
        assert other not in page.text


def test_what_one_began_stands_there_with_how_it_goes_and_the_child_by_initials(browser_of, school, runtime):
    reference = begin(runtime, school).reference
    deviations.report(runtime, school.teacher, agreement="norrtalje", unit=school.unit)

    page = browser_of(school.teacher).get("/")

    assert f"ME {runtime.clock.now().year - 11}" in page.text
    assert reference in page.text.partition("Det du har startat")[2]
    assert "Inte skickad än." in page.text.partition("Dina rapporter")[2]
    assert "Maja" not in page.text
    assert reference not in browser_of(school.colleague).get("/").text.partition("Det du har startat")[2]


def test_whoever_stands_in_reads_for_whom_and_until_which_day(browser_of, school, runtime):
    here = directory(runtime)
    post = here.organisation.led_by(school.manager, here.at)[0]
    today = swedish_day(runtime.clock.now())
    last = today + timedelta(days=3)
    deputies.appoint(runtime, school.manager, position=post.id, deputy=school.colleague, first=today, last=last, reason="Semester")

    deputy, manager = browser_of(school.colleague).get("/"), browser_of(school.manager).get("/")

    day = ("måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag", "söndag")[last.weekday()]
    assert f"Du ersätter {here.person(school.manager)} till och med {day}." in deputy.text
    assert "Som chef" in deputy.text
    assert f"{here.person(school.colleague)} ersätter dig till och med {day}." in manager.text


def test_a_process_owner_reads_of_errors_and_of_work_without_a_way(browser_of, school, runtime):
    here = directory(runtime)
    owner = here.organisation.process_owners(here.at)[0]
    calm = browser_of(owner).get("/")
    started = begin(runtime, school)
    with runtime.database.writing() as session:
        instance = session.get_one(ProcessInstance, started.instance_id)
        session.add(
            Incident(
                instance_id=instance.id,
                case_id=instance.case_id,
                action={"kind": "timers"},
                file="sip.bpmn",
                element="x",
                element_name="Kalla",
                reason_sv="Uttrycket gav inget svar.",
                reason_en="The expression gave no answer.",
                queue="process_owner:norrtalje",
                created_at=runtime.clock.now(),
            )
        )
    page = browser_of(owner).get("/")

    assert "Inget är stoppat" in calm.text
    assert "1 steg har stoppats av ett fel" in page.text
    assert "Uttrycket gav inget svar." in page.text
    assert "Uttrycket" not in browser_of(school.manager).get("/").text


def test_a_new_release_is_news_for_a_month(browser_of, school, runtime):
    active = runtime.releases.active
    other = {**active.files, "sip/sip.bpmn": active.files["sip/sip.bpmn"] + b"\n"}
    with runtime.database.writing() as session:
        kept = session.scalars(select(StoredRelease)).one()
        session.execute(
            insert(StoredRelease).values(hash="0" * 64, files=_packed(other), active=False, stored_at=kept.stored_at - timedelta(days=90))
        )

    assert "Processen" in browser_of(school.teacher).get("/").text.partition("Nytt sedan")[2]
    runtime.clock.advance(timedelta(days=31))
    assert glance.news(runtime) is None


def test_the_page_asks_as_much_of_the_database_for_much_as_for_little(browser_of, school, runtime):
    teacher, manager = browser_of(school.teacher), browser_of(school.manager)
    begin(runtime, school)
    deviations.report(runtime, school.teacher, agreement="norrtalje", unit=school.unit)
    pages = [lambda: teacher.get("/"), lambda: manager.get("/lead"), lambda: teacher.get("/deviation"), lambda: teacher.get("/people")]
    for look in pages:
        look()
    little = [asked_of(runtime, look) for look in pages]

    for name in ("Tuva Exempelsson", "Elis Exempelsson", "Nils Exempelsson"):
        begin(runtime, school, name)
        deviations.report(runtime, school.teacher, agreement="norrtalje", unit=school.unit)

    assert [asked_of(runtime, look) for look in pages] == little
    assert max(little) < 80


def test_what_is_lifted_to_a_steering_group_stands_on_its_members_pages(browser_of, school, runtime):
    group = directory(runtime).organisation.groups[0].id
    member = directory(runtime).persons_of(f"group:{group}")[0]
    begin(runtime, school)
    assert "Lyft till styrgruppen" not in browser_of(member).get("/").text

    with runtime.database.writing() as session:
        session.execute(update(WorkItem).values(queue=f"group:{group}", role="steering_group"))

    assert "Lyft till styrgruppen" in browser_of(member).get("/").text
    assert "Lyft till styrgruppen" not in browser_of(school.teacher).get("/").text
