"""The demonstration's cases, played from their list: each stands where the list says, whatever the day."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import takewhile
from pathlib import Path

import pytest
from click.testing import CliRunner
from personnummer import personnummer
from sqlalchemy import func, select

from engine.clock import MovableClock, SystemClock
from engine.facts.agreements import read_agreements
from engine.facts.organisation import Organisation, swedish_day
from engine.facts.roles import CASE_ROLES, Circumstances, Participant, resolve
from engine.services import elapse, history, tasks, timers
from engine.services.clock import OffsetClock
from engine.services.demonstration import STORIES
from engine.services.releases import shipped_release
from engine.services.runtime import OneRelease, Runtime
from engine.shipped import processes_folder
from engine.simulation.book import born, read_book
from engine.simulation.stage import fill
from engine.storage.database import open_database, upgrade
from engine.storage.tables import Case, Child, Deviation, Dispute, Incident, WorkItem
from tests.webui.demonstration import client_of, opened, token_of
from webui.cli import samspel
from webui.demo import prepare
from webui.house import EXTENSION

SUNDAY_NIGHT = datetime(2026, 11, 22, 21, 40, tzinfo=UTC)
"""A time at which nobody is at work, so that every step has had to look for a weekday."""
BOOK = read_book()
AGREEMENTS = read_agreements(processes_folder() / "agreements")


@pytest.fixture(scope="session")
def file(tmp_path_factory, worker_id):
    """A prepared demonstration, made once for all who test at the same time."""
    base = tmp_path_factory.getbasetemp()
    made = (base if worker_id == "master" else base.parent) / "demonstration.sqlite"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            database = open_database(f"sqlite:///{made}.half")
            upgrade(database)
            fill(Runtime(database, OneRelease(shipped_release(demonstration=True)), MovableClock(SUNDAY_NIGHT)), BOOK, lambda number, stage: None)
            database.close()
            made.with_name(f"{made.name}.half").rename(made)
    return made


@pytest.fixture(scope="module")
def demonstration(file):
    """The prepared demonstration at the moment up to which it was played."""
    database = open_database(f"sqlite:///{file}")
    yield Runtime(database, OneRelease(shipped_release(demonstration=True)), MovableClock(SUNDAY_NIGHT))
    database.close()


def organisation_of(runtime: Runtime) -> Organisation:
    with runtime.database.reading() as session:
        return runtime.organisation(session)


def open_work(runtime: Runtime) -> dict[int, list[WorkItem]]:
    """Return what waits in each case, by the case's number in the list."""
    with runtime.database.reading() as session:
        ids = session.scalars(select(Case.id).order_by(Case.id)).all()
        waiting = session.scalars(select(WorkItem).where(WorkItem.closed_at.is_(None))).all()
    return {number: [item for item in waiting if item.case_id == id_] for number, id_ in enumerate(ids)}


def test_there_are_forty_cases_under_all_five_agreements_and_no_step_has_failed(demonstration):
    with demonstration.database.reading() as session:
        under = dict(session.execute(select(Case.agreement, func.count()).group_by(Case.agreement)).all())
        failed = session.scalar(select(func.count()).select_from(Incident))

    assert sum(under.values()) == 40
    assert set(under) == set(AGREEMENTS)
    assert failed == 0


def test_each_case_waits_for_what_its_list_leaves_undone_and_for_nothing_else(demonstration):
    waiting = open_work(demonstration)

    for number, script in enumerate(BOOK.cases):
        left = {*script.get("leave", ()), *script.get("most", {})}
        stands = [{item.element, f"{item.element} {item.unit_id}"} for item in waiting[number]]
        assert all(keys & left for keys in stands), script["stage"]
        assert stands or not left, script["stage"]


def test_cases_end_in_every_way_that_a_case_can_end(demonstration):
    with demonstration.database.reading() as session:
        outcomes = set(session.scalars(select(Case.outcome).where(Case.outcome.is_not(None))))

    assert outcomes == {"closed", "not_needed", "declined", "withdrawn"}


def test_work_is_late_by_days_and_by_weeks(demonstration):
    late = [SUNDAY_NIGHT - item.due_at for items in open_work(demonstration).values() for item in items if item.due_at and item.due_at < SUNDAY_NIGHT]

    assert min(late) < timedelta(days=7)
    assert max(late) > timedelta(weeks=3)
    assert len(late) >= 5


def test_deviations_wait_on_every_level_and_one_has_been_resolved(demonstration):
    with demonstration.database.reading() as session:
        open_levels = set(session.scalars(select(Deviation.level).where(Deviation.ended_at.is_(None))))
        ended = session.scalars(select(Deviation.status).where(Deviation.ended_at.is_not(None))).all()
        disputes = set(session.scalars(select(Dispute.kind)))
        by_clock = session.scalars(select(WorkItem).where(WorkItem.outcome == "cancelled", WorkItem.purpose == "deviation")).all()

    assert open_levels == {0, 1, 2, 3}
    assert "resolved" in ended
    assert disputes == {"responsibility", "cost"}
    assert any(item.due_at and item.closed_at and item.due_at <= item.closed_at for item in by_clock), "the clock has lifted one"


def test_one_case_has_come_to_its_sixth_follow_up(demonstration):
    with demonstration.database.reading() as session:
        done = select(func.count().label("times")).where(WorkItem.outcome == "completed", WorkItem.purpose == "case")
        most = session.scalar(done.group_by(WorkItem.case_id, WorkItem.element).order_by(func.count().desc()).limit(1))

    assert most == 6


def test_a_vacant_post_is_skipped_upward_and_a_deputy_may_decide_today(demonstration):
    organisation, at = organisation_of(demonstration), SUNDAY_NIGHT
    items = [item for items in open_work(demonstration).values() for item in items]

    assert any("vakant" in why["sv"] for item in items for why in item.routing)
    posts = {item.queue.removeprefix("position:") for item in items if item.queue.startswith("position:")}
    assert any(organisation.deputies(post, at) for post in posts)


def test_everybody_to_begin_as_has_work_waiting(demonstration):
    listed = tomllib.loads((STORIES / "begin.toml").read_text("utf-8"))["begin"]

    for one in listed:
        assert tasks.waiting(demonstration, one["person"]) > 0, one["person"]


def test_nobody_has_a_number_that_could_be_a_real_persons(demonstration):
    with demonstration.database.reading() as session:
        numbers = session.scalars(select(Child.identity_number)).all()

    assert all(personnummer.valid(number) and number[9:12] in ("238", "239") for number in numbers)


def test_every_phone_number_is_of_the_series_for_fiction():
    """PTS keeps 070-1740605 to 070-1740699 for books and films."""
    text = "".join(path.read_text("utf-8") for path in STORIES.iterdir())

    found = re.findall(r"0\d{1,3}-[\d ]{5,}", text)
    assert found
    assert all(605 <= int(re.sub(r"\D", "", one)[-3:]) <= 699 and re.sub(r"\D", "", one).startswith("0701740") for one in found)


def test_every_case_role_resolves_for_everybody_at_work_under_every_agreement(demonstration):
    organisation, at = organisation_of(demonstration), SUNDAY_NIGHT
    group = set(AGREEMENTS) - {one.agreement for one in organisation.groups}

    assert group == {"jamtbus"}, "only JämtBUS names no steering group"
    for unit in (unit for unit in organisation.units if unit.agreements):
        for who in organisation.staff_of(unit.id, at):
            family = (Participant("guardian", name="Elis Provdal"), Participant("young_person", name="Tuva Provdal"))
            taking_part = (Participant("unit", unit.id), *family)
            here = Circumstances(at, organisation, unit.agreements[0], who, unit.id, unit=unit.id, participants=taking_part, concerned_unit=unit.id)
            missing = {role for role in CASE_ROLES if resolve(role, here).missing}
            assert missing <= ({"steering_group"} if unit.agreements[0] in group else set()), (unit.id, who, missing)


def test_the_history_holds_from_its_first_row_to_its_last(demonstration):
    assert history.verify(demonstration) > 1000


@pytest.mark.parametrize(("birthday", "year"), [("11-22", 2016), ("11-23", 2015)])
def test_a_child_is_so_many_years_on_the_day(birthday, year):
    assert born(10, birthday, swedish_day(datetime(2026, 11, 22, 12, tzinfo=UTC))).year == year


@pytest.fixture
def moving(file, tmp_path):
    """The application on a copy, at the moment up to which it was played."""
    with opened(shutil.copy(file, tmp_path / "moving.sqlite"), SUNDAY_NIGHT) as app:
        yield app


def runtime_of(app) -> Runtime:
    return app.extensions[EXTENSION].runtime


def page_after(app, by: str) -> str:
    """Return the page that one sees after moving the clock."""
    client = client_of(app, None)
    return unescape(client.post("/demo/clock", data={"csrf_token": token_of(client), "by": by}, follow_redirects=True).text)


def test_the_page_offers_everybody_to_begin_as_with_what_to_try(moving):
    page = unescape(client_of(moving, None).get("/demo").text)

    for one in prepare.beginnings():
        assert f'value="{one.person}"' in page
        assert one.sv in page
    assert all(agreement.name in page for agreement in AGREEMENTS.values())


def test_the_page_finds_people_by_title_and_by_what_is_late(moving):
    client = client_of(moving, None)

    found = client.get("/demo?find=skolkurator").text.split('id="everybody"')[1]
    late = client.get("/demo?late=1").text.split('id="everybody"')[1]

    assert 'value="jamal.haddadi"' in found
    assert 'value="amina.yusufzai"' not in found
    assert 'value="amina.yusufzai"' in late
    assert 'value="karin.almqvarn"' not in late


def test_whoever_becomes_somebody_arrives_where_the_link_said_and_never_outside(moving):
    client = client_of(moving, None)
    token = token_of(client)

    there = client.post("/demo/be", data={"csrf_token": token, "person": "karin.almqvarn", "next": "/inbox"})
    outside = client.post("/demo/be", data={"csrf_token": token_of(client), "person": "maria.sandelund", "next": "//elsewhere.example"})

    assert (there.location, outside.location) == ("/inbox", "/")


def test_the_next_deadline_is_said_with_who_must_act_and_why(moving):
    following = elapse.next_deadline(runtime_of(moving))
    page = unescape(client_of(moving, None).get("/demo").text)

    assert following is not None
    assert following.work is not None
    assert following.work.name in page
    assert following.work.explanation["sv"] in page


def test_after_the_next_deadline_the_page_says_which_deviation_climbed_and_leads_to_it(moving):
    runtime = runtime_of(moving)
    while (following := elapse.next_deadline(runtime)) is not None and not (following.about.deviation and following.timer):
        elapse.let_pass(runtime, elapse.until_next(runtime))

    page = page_after(moving, "due")

    assert f"Tiden gick ut för ”{following.work.name}”" in page
    assert f"Avvikelse {following.about.deviation}" in page
    assert "Avvikelsen lyftes till" in page
    target = re.search(r'name="next" value="(/task/\d+)"', page)
    person = re.search(r'name="person" value="([^"]+)" aria-label', page)
    assert client_of(moving, person[1]).get(target[1]).status_code == 200


def test_the_page_says_what_became_late_in_a_week_and_that_nothing_did_on_a_quiet_day(moving):
    elapse.let_pass(runtime_of(moving), timedelta(days=5))

    assert "skulle vara gjort" in page_after(moving, "week")
    elapse.let_pass(runtime_of(moving), timedelta(days=700))
    assert "Ingen frist gick ut" in page_after(moving, "day")


def test_time_stops_at_each_deadline_on_the_way_so_that_the_next_level_has_its_days(moving):
    runtime = runtime_of(moving)

    passed = elapse.let_pass(runtime, timedelta(days=40))

    climbed = [lapse for lapse in passed.lapses if lapse.about.deviation and lapse.ended]
    assert len({lapse.at for lapse in climbed}) > 1
    assert all(work.due_at > lapse.at for lapse in climbed for work in lapse.opened if work.due_at)


def test_a_year_may_pass_until_nothing_is_due_and_no_step_fails(moving):
    runtime = runtime_of(moving)

    failed = sum(elapse.let_pass(runtime, timedelta(weeks=4)).failed for _ in range(14))

    assert failed == 0
    assert timers.next_due(runtime) is None
    assert history.verify(runtime) > 1000
    assert client_of(moving, "maria.sandelund").get("/inbox").status_code == 200


def test_what_is_let_pass_has_passed_whatever_the_fraction_of_a_second_and_the_time_that_it_takes(runtime):
    class Running:
        """Goes on by a little whenever it is looked at."""

        at = datetime(2026, 3, 12, 8, 30, 0, 999_000, tzinfo=UTC)

        def now(self):
            self.at += timedelta(microseconds=1)
            return self.at

    clock = OffsetClock(runtime.database, Running())
    before = clock.now()

    elapse.let_pass(replace(runtime, clock=clock), timedelta(weeks=1))

    assert clock.now() - before >= timedelta(weeks=1)


def test_the_clock_of_real_use_cannot_be_moved(moving):
    runtime = runtime_of(moving)

    with pytest.raises(elapse.ClockFixed):
        elapse.let_pass(Runtime(runtime.database, runtime.releases, SystemClock()), timedelta(days=1))


def test_a_preparation_that_was_broken_off_leaves_no_file_and_the_next_begins_anew(tmp_path, monkeypatch):
    path = tmp_path / "demo.sqlite"
    monkeypatch.setattr(prepare, "read_book", lambda: replace(BOOK, cases=BOOK.cases[:2]))

    def broken(number: int, of: int, stage: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare.prepare(path, None, broken)
    assert not path.exists()
    heard: list[int] = []
    prepare.prepare(path, None, lambda number, of, stage: heard.append(number))
    prepare.prepare(path, None, broken)

    assert heard == [1, 2]
    assert path.exists()
    assert [one.name for one in tmp_path.iterdir()] == ["demo.sqlite"]


TOURS = (Path(__file__).parents[2] / "docs/demonstration.md").read_text("utf-8")


def test_the_document_lists_whom_to_begin_as_in_the_order_of_the_page():
    assert re.findall(r"^\| .+? \| `(.+?)` \|", TOURS, re.MULTILINE) == [one.person for one in prepare.beginnings()]


def test_the_tours_lead_only_to_people_and_work_that_are_there(demonstration):
    known = organisation_of(demonstration)
    drawn = {element.name for model in demonstration.releases.active.processes.values() for element in model.elements.values()}
    with demonstration.database.reading() as session:
        waiting = select(WorkItem.name, Child.name).join(Case, Case.id == WorkItem.case_id).join(Child).where(WorkItem.closed_at.is_(None))
        there = {(name, "".join(part[0] for part in child.split())) for name, child in session.execute(waiting)}

    followed = re.findall(r"follow \*\*([^*]+)\*\* \((\w+)\)", TOURS, re.IGNORECASE)
    later = ("Besluta på ledningsnivå", "MV")
    assert len(followed) == 5
    assert set(followed) - {later} <= there, "the last is lifted there by the tour itself"
    assert set(re.findall(r"\*\*Skicka: ([^*]+)\*\*", TOURS)) <= drawn
    assert set(re.findall(r"(?:Press|Be) \*\*(?:Se det som )?([^*]+)\*\*", TOURS)) <= {one.name for one in known.persons} | {
        f"Skicka: {name}" for name in drawn
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path):
    done = CliRunner().invoke(samspel, ["demo", "--port", str(free_port()), "--file", str(tmp_path / "nowhere" / "demo.sqlite")])

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: Filen ")
    assert done.stderr.endswith("Välj en annan med --file.\n")


def test_a_second_start_prepares_nothing_and_prints_address_and_logins(file, tmp_path):
    port = free_port()
    prepared = shutil.copy(file, tmp_path / "demo.sqlite")
    command = [sys.executable, "-c", "from webui.cli import main; main()", "--language", "en", "demo", "--port", str(port), "--file", str(prepared)]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as started:
        said = list(takewhile(lambda line: not line.startswith("Stop with"), started.stdout))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/demo") as page:
            status = page.status
        started.terminate()

    assert status == 200
    assert said[0].startswith(f"http://127.0.0.1:{port}/demo")
    assert [line.split()[0] for line in said[1::2]] == [one.person for one in prepare.beginnings()]
    assert all(one.en in line for one, line in zip(prepare.beginnings(), said[2::2], strict=True))
