"""The one door from SpiffWorkflow to expressions: FEEL for all of them, Python for none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NoReturn, Protocol

from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine

from engine.clock import STOCKHOLM
from engine.execution import feel
from engine.execution.layers import Layers
from engine.execution.results import Facts, FeelValue


class Moment(Protocol):
    """What a step gives its expressions beside the process data."""

    @property
    def now(self) -> datetime:
        """The moment of the step, UTC."""
        ...

    @property
    def facts(self) -> Facts:
        """What the services know."""
        ...

    @property
    def milestones(self) -> Mapping[str, datetime]:
        """What the instance has reached."""
        ...


@lru_cache(maxsize=20_000)
def top_names(expression: str, roots: frozenset[str]) -> frozenset[str]:
    """Return the variables that an expression reads, without what follows their first dot.

    ``roots`` are the names that may be variables where a filter leaves it open.
    """
    return frozenset(path.partition(".")[0] for path in feel.names(expression, roots=roots))


class PythonRefused(Exception):
    """SpiffWorkflow wanted to run a script or call a service; no drawing that passed the checks leads here."""


class FeelEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]  # SpiffWorkflow is untyped
    """Evaluates every expression of one step in FEEL, with the step's facts."""

    def __init__(self, moment: Moment, roots: frozenset[str]) -> None:
        super().__init__()
        self._moment = moment
        self._roots = roots
        self._facts: Mapping[str, FeelValue] | None = None

    def evaluate(self, expression: str, context: Mapping[str, FeelValue], external_context: Mapping[str, FeelValue] | None = None) -> FeelValue:
        """Return the expression's value; what it reads and nobody has set is null.

        Names are looked for in ``external_context`` (a task's own inputs and answers), then among
        the facts, then in the process data. Raises ``feel.FeelError``.
        """
        (value,) = self.evaluate_all([expression], context, external_context)
        return value

    def evaluate_all(
        self, expressions: Sequence[str], context: Mapping[str, FeelValue], external_context: Mapping[str, FeelValue] | None = None
    ) -> list[FeelValue]:
        """Return the expressions' values in order, in one call of the isolate; see ``evaluate``."""
        if not expressions:
            return []
        names = frozenset[str]().union(*(top_names(expression, self._roots) for expression in expressions))
        known = self.context(names, context, external_context)
        return feel.evaluate_many([feel.Evaluation(expression, known) for expression in expressions])

    def context(
        self, names: Iterable[str], context: Mapping[str, FeelValue], external_context: Mapping[str, FeelValue] | None = None
    ) -> dict[str, FeelValue]:
        """Return the values of the names, null where nobody has set one."""
        own = external_context or {}
        values: dict[str, FeelValue] = {}
        for name in names:
            if name in own:
                values[name] = own[name]
            elif name in (facts := self._known()):
                values[name] = facts[name]
            else:
                values[name] = context.get(name)
        return values

    def forget(self) -> None:
        """Ask for the facts anew before the next expression: a milestone was set."""
        self._facts = None

    def _known(self) -> Mapping[str, FeelValue]:
        if self._facts is None:
            local = self._moment.now.astimezone(STOCKHOLM)
            self._facts = Layers({"now": local, "today": local.date()}, self._moment.facts(dict(self._moment.milestones)))
        return self._facts

    def execute(self, script: str, context: Any, external_context: Any = None) -> NoReturn:
        """Refuse: no Python of a drawing is ever run."""
        raise PythonRefused(script)

    def call_service(self, context: Any, **kwargs: Any) -> NoReturn:
        """Refuse: what a drawing makes happen is an effect that the services carry out."""
        raise PythonRefused(str(kwargs))


class FeelEngine(PythonScriptEngine):  # type: ignore[misc]
    """SpiffWorkflow's script engine with FEEL behind it."""

    def validate(self, expression: str) -> None:
        """Nothing: stock would parse it as Python; the checks parse it as FEEL."""


def engine_for(moment: Moment, roots: frozenset[str]) -> FeelEngine:
    """Return the engine of one step. Every restored instance gets one from here, and no other."""
    return FeelEngine(FeelEnvironment(moment, roots))
