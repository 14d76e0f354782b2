"""The outbox: messages from templates that wait to be sent. No name, free text or variable can get into one.

000-7: an e-mail to staff may hold only the template's words, the child's initials and six digits; 000-8: families get
letters. Sending is another matter; this writes the rows with the step that causes them, or cancels them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from engine.errors import SamspelError
from engine.storage.tables import Case, Child, Notice


@dataclass(frozen=True)
class Template:
    """One message that a drawing may send. Its words are all that it says."""

    name: str
    sv: str
    """The subject; there is no body (000-7: "I mailet får endast stå")."""
    en: str
    cancels: bool = False
    """Whether it still goes out after consent was withdrawn: it only says that something will not happen."""


_ALL = (
    Template("summons", "Kallelse till samordnad individuell plan", "Summons to a coordinated individual plan"),
    Template("meeting_cancelled", "Inställt möte", "Meeting cancelled", cancels=True),
    Template("reminder", "Påminnelse: en uppgift väntar", "Reminder: a task is waiting"),
    Template("follow_up", "Kallelse till uppföljning", "Summons to a follow-up"),
    Template("coordinator_vacant", "Ärendet saknar samordnare", "The case has no coordinator"),
    Template("deviation_reported", "En avvikelse är rapporterad", "A deviation has been reported"),
    Template("deviation_copy", "Kopia av en avvikelserapport", "Copy of a deviation report"),
    Template("deviation_lifted", "En avvikelse har lyfts till dig", "A deviation was lifted to you"),
    Template("deviation_feedback", "Återkoppling på en avvikelse", "Feedback on a deviation"),
    Template("dispute_opened", "En tvist behöver din bedömning", "A dispute needs your assessment"),
    Template("dispute_reported", "En tvist har rapporterats till ledningen", "A dispute was reported to the management"),
    Template("dispute_decided", "En tvist är avgjord", "A dispute has been settled"),
)

TEMPLATES: Mapping[str, Template] = MappingProxyType({template.name: template for template in _ALL})
"""Every template by its name: what ``notify`` and ``send_copy`` in a drawing may name."""


class UnknownTemplate(SamspelError):
    """A drawing names a message that does not exist."""

    sv = "Mallen {template} finns inte. Välj bland: {known}."
    en = "There is no template {template}. Choose among: {known}."


def put(
    session: Session,
    template: str,
    to: str,
    at: datetime,
    *,
    case: Case | None,
    instance_id: int,
    channel: Literal["email", "letter"] = "email",
) -> None:
    """Put a message in the outbox, within the caller's transaction. Raises UnknownTemplate."""
    if template not in TEMPLATES:
        raise UnknownTemplate(template=template, known=", ".join(TEMPLATES))
    child = case.child if case is not None else None
    session.add(
        Notice(
            case_id=case.id if case is not None else None,
            instance_id=instance_id,
            template=template,
            to=to,
            channel=channel,
            initials=child.initials if child else None,
            six_digits=six_digits(child) if child else None,
            created_at=at,
            due_at=at,
        )
    )


def six_digits(child: Child) -> str:
    """Return year, month and day of birth, two digits each: ``20120314-XXXX`` gives ``120314`` (000-7).

    A coordination number counts its day from 61; its own digits are what the number begins with.
    """
    digits = "".join(sign for sign in child.identity_number or "" if sign.isdigit())
    long, short = 12, 10
    if len(digits) == long or (len(digits) == long - 4 and digits[:2] in {"19", "20"}):
        return digits[2:8]
    return digits[:6] if len(digits) == short else child.birth_date.strftime("%y%m%d")


def waiting(session: Session, case_id: int) -> int:
    """Return how many messages of a case have not been sent and would be taken back, within the caller's transaction."""
    unsent = _unsent(case_id)
    return session.scalar(select(func.count()).select_from(unsent.subquery())) or 0


def cancel_waiting(session: Session, case_id: int, at: datetime) -> int:
    """Take back the unsent messages of a case, but not those that say what will not happen; return how many."""
    ids = session.scalars(_unsent(case_id)).all()
    session.execute(update(Notice).where(Notice.id.in_(ids)).values(cancelled_at=at))
    return len(ids)


def _unsent(case_id: int) -> Select[int]:
    kept = [template.name for template in _ALL if template.cancels]
    return select(Notice.id).where(Notice.case_id == case_id, Notice.sent_at.is_(None), Notice.cancelled_at.is_(None), Notice.template.not_in(kept))
