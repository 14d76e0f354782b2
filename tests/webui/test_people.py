"""People and units: for everybody at work, with what one needs to reach somebody there, and nothing more."""

from datetime import date, timedelta

from engine.facts.organisation import swedish_day
from engine.services import deputies
from engine.services.directory import directory
from engine.services.people import touch_organisation
from engine.storage.tables import Person


def test_a_unit_s_page_says_who_answers_for_what_and_who_is_above(browser_of, school, runtime):
    here = directory(runtime)
    line = here.organisation.line(school.unit, here.at)

    page = browser_of(school.stranger).get(f"/people/unit/{school.unit}")

    assert page.status == 200
    assert here.person(school.manager) in page.text
    assert here.person(school.teacher) in page.text
    above = page.text.partition("Chefer ovanför")[2]
    assert [here.unit(post.unit) in above for post in line[1:]] == [True] * len(line[1:])
    assert f"mailto:{here.organisation.unit(school.unit).email}" in page.html


def test_a_search_finds_people_units_and_titles_and_says_when_there_is_nothing(browser_of, school, runtime):
    here, browser = directory(runtime), browser_of(school.teacher)

    found = browser.get(f"/people?find={here.person(school.manager).split()[0]}")
    nothing = browser.get("/people?find=Ingenstans")

    assert here.person(school.manager) in found.text
    assert found.link(r"^/people/person/")
    assert "Ingen och inget passar ”Ingenstans”" in nothing.text
    assert "Styrgrupper" in browser.get("/people").text


def test_whoever_stands_in_is_named_until_which_day_and_on_their_own_page_for_which_post(browser_of, school, runtime):
    here = directory(runtime)
    post = here.organisation.led_by(school.manager, here.at)[0]
    today = swedish_day(runtime.clock.now())
    deputies.appoint(
        runtime, school.manager, position=post.id, deputy=school.colleague, first=today, last=today + timedelta(days=400), reason="Föräldraledig"
    )

    unit = browser_of(school.stranger).get(f"/people/unit/{school.unit}")
    person = browser_of(school.stranger).get(f"/people/person/{school.colleague}")

    assert f"Ersätts av {here.person(school.colleague)} till och med" in unit.text
    assert f"Ersätter nu {post.title}" in person.text
    assert "Föräldraledig" not in unit.text + person.text, "why is a matter of those who set it"


def test_a_steering_group_has_its_members_its_chair_first_and_how_often_it_meets(browser_of, school, runtime):
    group = directory(runtime).organisation.groups[0]

    page = browser_of(school.teacher).get(f"/people/group/{group.id}")

    assert page.text.index("Ordförande") < page.text.index("Ledamot ")
    assert "om året" in page.text or "säger inte hur ofta" in page.text


def test_families_find_nobody_and_are_found_by_nobody(browser_of, school, runtime):
    with runtime.database.writing() as session:
        session.add(Person(id="elis", name="Elis Exempelsson", username="elis", valid_from=date(2020, 1, 1)))
        touch_organisation(session)
    guardian, teacher = browser_of("elis"), browser_of(school.teacher)

    assert [guardian.get(path).status for path in ("/people", f"/people/unit/{school.unit}", f"/people/person/{school.teacher}")] == [404] * 3
    assert "Människor och enheter" not in guardian.get("/").text
    assert teacher.get("/people/person/elis").status == 404
    assert "Elis Exempelsson" not in teacher.get("/people?find=Elis Exempelsson").text.replace("”Elis Exempelsson”", "")
    assert teacher.get("/people/group/nowhere").status == 404
