from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import inspect, select

from engine.execution.catalogue import TASK_TYPES
from engine.services import cases, effects, notices
from engine.storage.tables import Child, Notice

BIRTHS = some.dates(date(1990, 1, 1), date(2026, 3, 2))


def child(identity_number, birth=date(2012, 3, 14)):
    return Child(name="Maja Exempelsson", birth_date=birth, identity_number=identity_number)


@pytest.mark.parametrize("number", ["20120314-XXXX", "20120314-2380", "201203142380", "120314-2380", "1203142380", None, ""])
def test_the_six_digits_are_year_month_and_day(number):
    assert notices.six_digits(child(number)) == "120314"


@given(BIRTHS, some.sampled_from(["{:%Y%m%d}-2380", "{:%Y%m%d}2380", "{:%y%m%d}-2380", "{:%y%m%d}2380", "{:%Y%m%d}-XXXX"]))
def test_every_way_to_write_a_number_gives_the_same_six_digits(birth, form):
    assert notices.six_digits(child(form.format(birth), birth)) == birth.strftime("%y%m%d")


def test_a_notice_has_no_room_for_a_name_or_a_free_text():
    columns = {column.key for column in inspect(Notice).columns}

    assert columns == {
        *("id", "case_id", "instance_id", "template", "to", "channel", "initials", "six_digits"),
        *("created_at", "due_at", "sent_at", "cancelled_at"),
    }


def test_staff_are_told_of_a_cancelled_meeting_by_mail_and_the_family_by_letter(house):
    reference = house.asked("bup").reference

    cases.withdraw(house.runtime, "school_worker", reference)

    with house.runtime.database.reading() as session:
        sent = {notice.to.partition(":")[0]: notice for notice in session.scalars(select(Notice))}
    assert {to: notice.channel for to, notice in sent.items()} == {"unit": "email", "participant": "letter"}
    assert {(notice.initials, notice.six_digits) for notice in sent.values()} == {("ME", "120314")}


def test_what_changes_who_takes_part_is_in_the_catalogue():
    assert set(TASK_TYPES) >= effects.CHANGE_WHO_TAKES_PART
