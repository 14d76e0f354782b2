"""Decisions by the DMN standard: tables of all hit policies, literal and boxed expressions, requirements across files.

An owner's file is read once (``read_decisions``) and asked by a decision's id or name. Inputs are given by the names that
the file's expressions read; a declared input that is not given is null. The rest of the semantics is the standard's, with
two sharper edges: a value of another type than declared, and rows that overlap under UNIQUE, are errors, never null.
"""

from engine.execution.dmn.decisions import (
    DecisionFailed,
    Decisions,
    Explained,
    Input,
    MatchedRule,
    NoSuchDecision,
    NotOfType,
    read_decision_file,
    read_decisions,
)
from engine.execution.dmn.model import Rule

__all__ = [
    "DecisionFailed",
    "Decisions",
    "Explained",
    "Input",
    "MatchedRule",
    "NoSuchDecision",
    "NotOfType",
    "Rule",
    "read_decision_file",
    "read_decisions",
]
