"""Tokens, invitations and counted attempts, on both databases."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from engine.clock import MovableClock
from engine.facts.organisation import process_owner_of
from engine.services import accounts, administrators, attempts, tokens
from engine.services.people import store_organisation
from engine.services.runtime import Runtime
from engine.storage.tables import Person, Token
from tests.services.conftest import MONDAY, small_organisation

DAY = timedelta(days=1)


@pytest.fixture
def runtime(database):
    """The small organisation, without drawings: who gets in is no matter of theirs."""
    store_organisation(database, small_organisation())
    return Runtime(database, None, MovableClock(MONDAY))


def test_a_token_is_shown_once_and_kept_as_a_hash(runtime):
    made = tokens.create(runtime, "school_worker", MONDAY, name="Skolans system")

    with runtime.database.reading() as session:
        (row,) = session.scalars(select(Token))
    assert made.token not in (row.token_hash, row.name)
    assert tokens.resume(runtime, made.token, MONDAY) == "school_worker"
    assert tokens.resume(runtime, f"{made.token}x", MONDAY) is None


def test_a_token_opens_nothing_once_it_has_expired(runtime):
    made = tokens.create(runtime, "school_worker", MONDAY, days=2)

    assert tokens.resume(runtime, made.token, MONDAY + 2 * DAY - timedelta(seconds=1)) == "school_worker"
    assert tokens.resume(runtime, made.token, MONDAY + 2 * DAY) is None


def test_a_revoked_token_opens_nothing_and_the_list_says_so(runtime):
    made = tokens.create(runtime, "school_worker", MONDAY)
    other = tokens.create(runtime, "school_boss", MONDAY)

    tokens.revoke(runtime, [made.known.id], MONDAY)

    assert tokens.resume(runtime, made.token, MONDAY) is None
    assert tokens.resume(runtime, other.token, MONDAY) == "school_boss"
    assert [(one.username, one.holds(MONDAY)) for one in tokens.every(runtime)] == [("school_boss", True), ("school_worker", False)]
    assert [one.id for one in tokens.every(runtime, "school_worker")] == [made.known.id]


def test_an_unknown_number_revokes_none_of_the_others(runtime):
    made = tokens.create(runtime, "school_worker", MONDAY)

    with pytest.raises(tokens.NoSuchToken):
        tokens.revoke(runtime, [made.known.id, 4711], MONDAY)

    assert tokens.resume(runtime, made.token, MONDAY) is not None


def test_a_token_ends_with_its_person(runtime):
    made = tokens.create(runtime, "school_worker", MONDAY)

    with runtime.database.writing() as session:
        session.get_one(Person, "school_worker").valid_to = date(2026, 3, 2)
    runtime._snapshot = None
    runtime.clock.advance(DAY)

    assert tokens.resume(runtime, made.token, MONDAY) is None
    with pytest.raises(tokens.NoSuchUser):
        tokens.create(runtime, "school_worker", MONDAY)


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_token_holds_for_a_year_at_most(runtime, days):
    with pytest.raises(tokens.TokenTooLong):
        tokens.create(runtime, "school_worker", MONDAY, days=days)


def test_the_last_use_of_a_token_is_written_down(runtime):
    made = tokens.create(runtime, "school_worker", MONDAY)

    tokens.resume(runtime, made.token, MONDAY + DAY)
    tokens.resume(runtime, made.token, MONDAY + DAY + timedelta(seconds=9))

    assert tokens.every(runtime)[0].used_at == MONDAY + DAY


def test_an_invitation_opens_for_a_week_and_only_to_choose_a_password(runtime):
    invited = accounts.invite(runtime, "school_worker", MONDAY)

    signed_in = accounts.sign_in(runtime, "school_worker", invited.password, MONDAY + 6 * DAY)
    with pytest.raises(accounts.NotKnown):
        accounts.sign_in(runtime, "school_worker", invited.password, MONDAY + 7 * DAY)

    assert signed_in.must_choose


def test_a_chosen_password_ends_every_other_session_and_the_temporary_one(runtime):
    invited = accounts.invite(runtime, "school_worker", MONDAY)
    here = accounts.sign_in(runtime, "school_worker", invited.password, MONDAY)
    elsewhere = accounts.sign_in(runtime, "school_worker", invited.password, MONDAY)

    chosen = accounts.change_password(runtime, here, invited.password, "four words of mine", MONDAY)

    assert not chosen.must_choose
    assert [accounts.resume(runtime, one.token, MONDAY) is not None for one in (here, elsewhere, chosen)] == [False, False, True]
    with pytest.raises(accounts.NotKnown):
        accounts.sign_in(runtime, "school_worker", invited.password, MONDAY)


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [("guess", "long enough words", accounts.WrongPassword), (None, "short", accounts.PasswordTooShort), (None, None, accounts.SamePassword)],
)
def test_a_password_is_changed_by_whoever_knows_it_to_another_that_is_long_enough(runtime, old, new, error):
    invited = accounts.invite(runtime, "school_worker", MONDAY)
    here = accounts.sign_in(runtime, "school_worker", invited.password, MONDAY)

    with pytest.raises(error):
        accounts.change_password(runtime, here, old or invited.password, new or invited.password, MONDAY)

    assert accounts.resume(runtime, here.token, MONDAY) is not None


def test_an_installation_with_a_process_owner_gets_no_other_first_one(runtime):
    with pytest.raises(administrators.HasAdministrator):
        administrators.create_first(runtime, "Anna Berg", "anna", "Testbyn", ["jamtbus"])


def test_an_empty_installation_gets_a_process_owner_who_can_log_in(database):
    runtime = Runtime(database, None, MovableClock(MONDAY))

    administrators.create_first(runtime, "Åsa Öberg; chef", "åsa.öberg", "Testbyns kommun", ["jamtbus", "gotland"])

    with database.reading() as session:
        known = runtime.organisation(session)
    assert {known.takers(process_owner_of(agreement), MONDAY) for agreement in ("jamtbus", "gotland")} == {("asa.oberg",)}
    assert accounts.invite(runtime, "åsa.öberg", MONDAY).name == "Åsa Öberg; chef"


def test_attempts_are_counted_until_their_time_is_over(runtime):
    within = timedelta(minutes=5)

    counted = [attempts.add(runtime, "name:anna", MONDAY + timedelta(minutes=minute), within) for minute in (0, 1, 4, 5, 6)]

    assert counted == [1, 2, 3, 1, 2]
    assert attempts.count(runtime, "name:bo", MONDAY) == (0, MONDAY)
    assert attempts.count(runtime, "name:anna", MONDAY + timedelta(minutes=7)) == (2, MONDAY + timedelta(minutes=10))
    attempts.forget(runtime, "name:anna")
    assert attempts.count(runtime, "name:anna", MONDAY + timedelta(minutes=7))[0] == 0
