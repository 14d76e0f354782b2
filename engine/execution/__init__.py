"""What a drawing does next: the only door to SpiffWorkflow, FEEL, DMN and the forms.

Plain data in, plain data out; no database, no clock of its own, no rules of an agreement.
"""

from engine.execution.checks import check
from engine.execution.faults import (
    Fault,
    ModelsRefused,
    NoSuchProcess,
    NotListening,
    NotOpen,
    StepFailed,
    Vocabulary,
)
from engine.execution.forms import Field, Form, validate
from engine.execution.instances import complete, deliver, fire_timers, standing, start
from engine.execution.outline import Outline, Phase, outline
from engine.execution.release import Release, load_files
from engine.execution.results import ArmedTimer, Effect, ReadyTask, Standing, Step, Visit
from engine.execution.sequel import Sequel, opening, sequel
from engine.execution.sheets import Line, lay_out
from engine.execution.state import StateUnreadable

__all__ = [
    "ArmedTimer",
    "Effect",
    "Fault",
    "Field",
    "Form",
    "Line",
    "ModelsRefused",
    "NoSuchProcess",
    "NotListening",
    "NotOpen",
    "Outline",
    "Phase",
    "ReadyTask",
    "Release",
    "Sequel",
    "Standing",
    "StateUnreadable",
    "Step",
    "StepFailed",
    "Visit",
    "Vocabulary",
    "check",
    "complete",
    "deliver",
    "fire_timers",
    "lay_out",
    "load_files",
    "opening",
    "outline",
    "sequel",
    "standing",
    "start",
    "validate",
]
