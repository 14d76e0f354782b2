"""Walks the shipped drawings by hand: valid answers, facts made up for the occasion, and the flows that were taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from engine.clock import STOCKHOLM
from engine.execution import Release, Step, complete, deliver, fire_timers, start, validate
from engine.execution.results import Effect, ReadyTask, Visit
from engine.services.releases import shipped_release

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = timedelta(days=7)
POLICY: Mapping[str, Any] = {
    "manager_decision": "decides",
    "consent_giver": "guardian",
    "consent_form": "written",
    "guardians_needed": "all",
    "leader": "chosen",
    "attendance": "must_come",
    "absence": "deviation",
    "plan_type": "sip",
    "plan_signature": "required",
    "plan_copies": "at_meeting",
    "follow_up": "meeting",
    "deviation_signatures": 2,
    "deviation_copy": "concerned_unit",
    "deviation_analysis": "none",
    "deviation_lift": ["next_manager", "dialogue"],
    "deviation_top": "management_level",
    "dispute_responsibility": "steering_group",
    "dispute_cost": "line_then_managements",
}
"""One answer to every key that the drawings read; a walk changes those that it is about."""

LEVEL_STARTS = {
    "deviation_level_1": ("countersigned", 10),
    "deviation_level_2": ("lifted_to_next", 20),
    "deviation_level_3": ("lifted_to_management", 30),
}
PARTICIPANTS = (
    {"kind": "unit", "unit": "school", "person": None, "name": None, "role": "initiator", "active": True},
    {"kind": "unit", "unit": "clinic", "person": None, "name": None, "role": "invited_unit", "active": True},
    {"kind": "unit", "unit": "gone", "person": None, "name": None, "role": "invited_unit", "active": False},
    {"kind": "guardian", "unit": None, "person": None, "name": "Alva Exempel", "role": "guardian", "active": True},
    {"kind": "staff", "unit": None, "person": "chair", "name": "Bo Exempel", "role": "chair", "active": True},
)
CONSENT = {
    "giver": "guardian",
    "name": "Alva Exempel",
    "answer": "yes",
    "way": "written",
    "given_on": "2026-03-02",
    "recipients": ["clinic"],
    "scope": "Skolgång och hälsa",
}
MEETING = (MONDAY + LATER).astimezone(STOCKHOLM).strftime("%Y-%m-%dT%H:%M")
FOLLOW_UP = "2026-05-04T10:00"
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "register_need": {"need": "Maja orkar inte skoldagen.", "support_from": ["health"], "family_informed": "yes"},
    "decide_call": {"decision": "call", "reason": "Flera behöver hjälpas åt."},
    "ensure_contact": {"text": "Jag har ringt mottagningen."},
    "select_actors": {"invited": [{"unit": "clinic", "child_active": True}], "persons": [], "chosen_with_family": "yes"},
    "obtain_consent": {"consents": [CONSENT]},
    "send_summons": {"meeting_at": MEETING, "place": "Skolan", "chair": "chair", "question": "Vad hjälper Maja?"},
    "review_sharing": {"text": "Vi delar det som barnet vill."},
    "assess_delay": {"decision": "keep", "reason": "Familjen kan inte tidigare.", "deviation": "no"},
    "respond_invitation": {"answer": "yes"},
    "take_attendance": {"attended": "yes"},
    "hold_meeting": {"held": "yes", "picture": "Vi ser samma sak.", "child_voice": "Jag är trött.", "plan_needed": "yes"},
    "draft_plan": {
        "needs": "Kortare dagar.",
        "goals": [{"goal": "Hela veckor i skolan"}],
        "measures": [{"what": "Anpassat schema", "party": "municipality"}],
        "lead_principal": "municipality",
        "child_view": "Bra.",
        "guardian_view": "Bra.",
        "follow_up_at": FOLLOW_UP,
        "follow_up_caller": "Samordnaren",
    },
    "draft_joint_plan": {
        "drawn_up_on": "2026-03-09",
        "case_officer": "Bo Exempel",
        "needs": "Kortare dagar.",
        "goals": [{"goal": "Hela veckor i skolan"}],
        "measures": [{"what": "Anpassat schema", "party": "municipality"}],
        "child_view": "Bra.",
        "guardian_view": "Bra.",
        "lead_principal": "municipality",
        "follow_up_at": FOLLOW_UP,
        "follow_up_place": "Skolan",
        "follow_up_caller": "Samordnaren",
        "involved": "Skolan och mottagningen",
    },
    "appoint_coordinator": {"coordinator": "chair", "family_agrees": "yes"},
    "sign_plan": {"signed": "yes"},
    "hand_out_plan": {"all_have_copy": True, "family_copy": "at_meeting"},
    "call_follow_up": {"held_at": FOLLOW_UP, "place": "Skolan"},
    "evaluate_goals": {
        "goals": [{"goal": "Hela veckor i skolan", "attainment": "partly"}],
        "measures": [{"what": "Anpassat schema", "status": "ongoing"}],
        "child_view": "Bättre.",
        "family_present": "yes",
        "deviation": "no",
    },
    "inform_family": {"text": "Jag har ringt hem."},
    "decide_next": {"decision": "close", "reason": "Målen är nådda."},
    "write_report": {
        "happened_on": "2026-03-02",
        "concerned_unit": "clinic",
        "description": "Ingen kom till mötet.",
        "consequences_child": "Maja fick vänta.",
        "proposal": "Svara alltid på kallelser.",
        "reported_on": "2026-03-02",
        "signed": True,
    },
    "countersign": {"signed": "yes"},
    "choose_route": {"handling_unit": "school", "concerned_unit": "clinic", "text": "Förskolan hör till skolan."},
    "act_level_1": {"way": "act", "decided_action": "Ny rutin", "reason": "Så tycker vi."},
    "managers_dialogue": {"took_part": "Rektor och enhetschef", "way": "act", "decided_action": "Ny rutin", "reason": "Så tycker vi."},
    "act_level_2": {"way": "act", "decided_action": "Ny rutin", "reason": "Så tycker vi."},
    "act_management": {"way": "act", "decided_action": "Ny rutin", "reason": "Så tycker vi."},
    "act_steering_group": {"way": "act", "decided_action": "Ny rutin", "reason": "Så tycker vi."},
    "analyse_in_unit": {"causes": "Kallelsen kom bort."},
    "joint_analysis": {
        "took_part": "Båda cheferna",
        "causes": "Kallelsen kom bort.",
        "way": "act",
        "decided_action": "Ny rutin",
        "reason": "Så tycker vi.",
    },
    "send_feedback": {"text": "En ny rutin gäller från i dag."},
    "verify_action": {"verified": "yes", "text": "Jag har frågat."},
    "state_positions": {"position": "Det är inte vårt.", "proposal": "Dela lika."},
    "resolve_unit": {"decision": "agreed", "reason": "Hälften var.", "urgent": "no"},
    "decide_next_level": {"decision": "decided", "reason": "Hälften var."},
    "call_urgent_meeting": {"meeting_at": MEETING, "place": "Kommunhuset"},
    "decide_steering": {"decision": "decided", "reason": "Skolan ansvarar."},
    "receive_report": {"text": "Vi tar upp det i länet."},
}
"""What people answer, form by form, when the walk does not say otherwise."""


TAKEN: set[str] = set()
"""The ids of the sequence flows that any walk took, as ``process/flow``."""


@cache
def shipped() -> Release:
    """The processes as they are shipped, without demonstration decisions."""
    return shipped_release()


@dataclass
class Walk:
    """One instance on its way through its drawing."""

    process: str
    policy: Mapping[str, Any] = field(default_factory=dict)
    routed: bool = True
    meeting_days: int | None = 14
    now: datetime = MONDAY
    release: Release = field(default_factory=shipped)
    effects: list[Effect] = field(default_factory=list)
    step: Step = field(init=False)
    _left: list[tuple[str, str]] = field(default_factory=list)
    """Elements that were passed and whose way out is not known yet."""

    def begin(self, **variables: Any) -> Walk:
        """Start the instance."""
        return self._took(start(self.release, self.process, variables, self.facts, self.now))

    def answer(self, *elements: str, **answers: Any) -> Walk:
        """Complete those tasks one after the other, every one that is open of each; ``answers`` change the last one's."""
        for element in elements:
            waiting = [task for task in self.step.ready if task.element == element]
            assert waiting, f"{element} is not open, but {[task.element for task in self.step.ready]}"
            for task in waiting:
                given = {**ANSWERS[element], **(answers if element == elements[-1] else {})}
                self._took(complete(self.release, self.step.state, task.id, self._valid(task, given), self.facts, self.now))
        return self

    def wait(self, element: str) -> Walk:
        """Move the clock to the moment of that timer, which must be the next."""
        following = min(self.step.timers, key=lambda timer: timer.due_at)
        assert following.element == element
        self.now = max(self.now, following.due_at)
        return self._took(fire_timers(self.release, self.step.state, self.facts, self.now))

    def hear(self, message: str) -> Walk:
        """Deliver a message."""
        return self._took(deliver(self.release, self.step.state, message, {}, self.facts, self.now))

    def task(self, element: str) -> ReadyTask:
        """Return the open task of that element."""
        (found,) = [task for task in self.step.ready if task.element == element]
        return found

    @property
    def open(self) -> list[str]:
        """The elements whose tasks are open."""
        return sorted(task.element for task in self.step.ready)

    def happened(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the inputs of every effect of a type so far."""
        return [effect.inputs for effect in self.effects if effect.type == kind]

    def facts(self, milestones: Mapping[str, datetime]) -> Mapping[str, Any]:
        """What the services would say, for two units and two managers."""
        self.milestones = dict(milestones)
        meeting = None if self.meeting_days is None else {"at": MONDAY + timedelta(days=self.meeting_days)}
        levels = {
            name: {"at": milestones[start_] + timedelta(days=days)} if start_ in milestones else None for name, (start_, days) in LEVEL_STARTS.items()
        }
        return {
            "agreement": {"id": "walked", "name": "Vandringen"},
            "case": {"reference": "2026-000001", "child_age": 9},
            "policy": {**POLICY, **self.policy},
            "deadlines": {"call": None, "meeting": meeting, **levels},
            "participants": list(PARTICIPANTS),
            "route": {"levels": 3, "concerned_unit_known": True, "routed": self.routed},
            "initiator": {"person": "teacher", "unit": "school"},
            "unit_options": [{"label": name, "value": name} for name in ("school", "clinic")],
            "party_options": [{"label": "Kommunen", "value": "municipality"}],
            "staff_options": [{"label": "Bo Exempel", "value": "chair"}, {"label": "Cia Exempel", "value": "teacher"}],
        }

    def _valid(self, task: ReadyTask, answers: Mapping[str, Any]) -> Mapping[str, Any]:
        assert task.form is not None
        values, complaints = validate(self.release.forms[task.form], answers, {**self.facts(self.step.milestones), **task.inputs})
        assert not complaints, {path: complaint.sentence("en") for path, complaint in complaints.items()}
        return values

    def _took(self, step: Step) -> Walk:
        self.step = step
        self.effects += step.effects
        for visit in step.visited:
            if visit.state == "completed":
                self._pass(visit)
        return self

    def _pass(self, visit: Visit) -> None:
        """Find the flow by which an element was reached: from the last element that was left and leads there."""
        model = self.release.processes[visit.process]
        ways = [flow for flow in model.flows.values() if flow.target == visit.element]
        for place in reversed(self._left):
            found = [flow for flow in ways if (visit.process, flow.source) == place]
            if found:
                self._left.remove(place)
                (flow,) = found
                TAKEN.add(f"{visit.process}/{flow.id}")
                break
        else:
            element = model.elements[visit.element]
            assert not ways or element.loop is not None, f"{visit.element} was reached from nowhere"
        self._left.append((visit.process, visit.element))
