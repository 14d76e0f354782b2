"""Twins for every rule, a file for each heading of docs/modelling.md."""

from tests.checks.ruled import events, expressions, files, flows, forms, picture, processes, repeats, tables, tasks

RULED = [case for group in (files, processes, tasks, events, flows, picture, repeats, expressions, forms, tables) for case in group.TWINS]
