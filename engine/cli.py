"""The commands that need no web: each calls services and prints what they answer.

Exit status 0 means that all is well; 1 that the answer is no or that something failed, said in one
sentence on standard error; 2 that the command was written wrong.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from engine.clock import STOCKHOLM, Clock, SystemClock
from engine.errors import Language, SamspelError
from engine.facts.agreements import read_agreements
from engine.services import agreements, coverage, decisions, history, incidents, people, releases, routing, timers
from engine.services.runtime import Runtime
from engine.shipped import processes_folder
from engine.simulation import never_visited
from engine.simulation import simulate as play
from engine.storage.database import Database, open_database, upgrade


@dataclass(frozen=True)
class Settings:
    """What every command may need to know, read once."""

    database: str
    """URL of the database, as SQLAlchemy writes it."""
    language: Language
    models: Path
    """Folder of the drawings that new cases start under."""


class SentenceGroup(click.Group):
    """A group whose commands end every foreseen error in its own sentence, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command, and say a foreseen error in the reader's language."""
        try:
            return super().invoke(ctx)
        except SamspelError as error:
            language: Language = ctx.obj.language if isinstance(ctx.obj, Settings) else "sv"
            raise click.ClickException(error.sentence(language)) from error


class ConfigUnreadable(SamspelError):
    """The file of settings cannot be read, or says what nobody knows."""

    sv = "Filen {file} med inställningar går inte att använda: {reason}. Inställningarna heter {known}."
    en = "The file {file} with settings cannot be used: {reason}. The settings are {known}."


SETTINGS = ("database", "language", "models")
SERVED = ("bind", "workers", "threads", "proxies", "timers", "log_requests", "secret_key")
"""What a file may set: for every command, and for ``serve``."""


def _read_config(ctx: click.Context, _: click.Parameter, file: Path | None) -> None:
    """Let a file say what neither the command line nor the environment does."""
    if file is None:
        return
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
        reason = ", ".join(sorted(set(told) - {*SETTINGS, *SERVED})) or None
    except (OSError, ValueError) as error:
        told, reason = {}, error.strerror if isinstance(error, OSError) else str(error)
    if reason is not None:
        language: Language = "en" if os.environ.get("SAMSPEL_LANGUAGE") == "en" else "sv"  # the option has not been read yet
        raise click.ClickException(ConfigUnreadable(file=file, reason=reason, known=", ".join((*SETTINGS, *SERVED))).sentence(language))
    served = {name: value for name, value in told.items() if name in SERVED}
    ctx.default_map = {**{name: value for name, value in told.items() if name in SETTINGS}, "serve": served}


@click.group(cls=SentenceGroup)
@click.version_option(package_name="samspel")
@click.option(
    "--config",
    envvar="SAMSPEL_CONFIG",
    type=click.Path(path_type=Path),
    is_eager=True,
    expose_value=False,
    callback=_read_config,
    help="TOML file with settings; the environment and the command line go before it.",
)
@click.option(
    "--database",
    envvar="SAMSPEL_DATABASE",
    default="sqlite:///samspel.sqlite",
    show_default=True,
    help="URL of the database; PostgreSQL is written postgresql+psycopg://...",
)
@click.option(
    "--language",
    envvar="SAMSPEL_LANGUAGE",
    type=click.Choice(["sv", "en"]),
    default="sv",
    show_default=True,
    help="Language of error sentences.",
)
@click.option(
    "--models",
    envvar="SAMSPEL_MODELS",
    type=click.Path(path_type=Path),
    help="Folder of the drawings, tables, forms and agreements to run on; else the shipped ones.",
)
@click.pass_context
def samspel(ctx: click.Context, database: str, language: Language, models: Path | None) -> None:
    """Run the collaboration agreements around a child as BPMN processes."""
    ctx.obj = Settings(database, language, models or processes_folder())


@samspel.group(cls=SentenceGroup)
def models() -> None:
    """Check the process models and try their tables."""


@models.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--lang", type=click.Choice(["sv", "en"]), help="Language of the sentences; else that of --language.")
@click.pass_obj
def check_models(settings: Settings, path: Path | None, lang: Language | None, *, as_json: bool) -> None:
    """Say of each model file in PATH (a folder or a file; else those of --models) whether it can run, and what to mend.

    Exit status 0 only where there is no error; warnings alone are well.
    """
    language = lang or settings.language
    verdicts = releases.check_models(path or settings.models)
    if as_json:
        files = [{"file": one.file, "verdict": one.kind, "sv": one.sentence("sv"), "en": one.sentence("en")} for one in verdicts]
        for told, one in zip(files, verdicts, strict=True):
            told["faults"] = [asdict(fault) for fault in one.faults]  # type: ignore[assignment]
        click.echo(json.dumps({"ok": not any(one.errors for one in verdicts), "files": files}, ensure_ascii=False, indent=1))
    else:
        for one in verdicts:
            click.echo(f"{one.file}: {one.sentence(language)}")
            for fault in one.faults:
                mark = {"error": "fel", "warning": "varning"}[fault.severity] if language == "sv" else fault.severity
                click.echo(f"  {mark} [{fault.code}] {_place(fault)}{fault.sv if language == 'sv' else fault.en}")
                click.echo(f"    {fault.remedy_sv if language == 'sv' else fault.remedy_en}")
    if any(one.errors for one in verdicts):
        click.get_current_context().exit(1)


@models.command("evaluate")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--decision", required=True, help="Id or name of the decision to ask.")
@click.option("--json", "as_json", is_flag=True, help="As without it: the answers are JSON, one a line.")
@click.pass_obj
def evaluate_decision(settings: Settings, file: Path, decision: str, *, as_json: bool) -> None:  # noqa: ARG001 - every command takes --json
    """Ask a decision of FILE: one JSON object of inputs a line on standard input, one answer a line out.

    An answer is {"result": value} or {"error": sentence}. Exit status 0 only where no line is an error.
    """
    failed = False
    for answer in decisions.try_decision(decisions.open_decisions(file), decision, sys.stdin, settings.language):
        failed = failed or "error" in answer
        click.echo(json.dumps(answer, ensure_ascii=False))
    if failed:
        click.get_current_context().exit(1)


def _place(fault: Any) -> str:  # noqa: ANN401 - a fault of execution, which commands know only by what it says
    name = f" ”{fault.element_name}”" if fault.element_name else ""
    return f"{fault.element_id}{name}: " if fault.element_id else ""


@samspel.group("agreements", cls=SentenceGroup)
def agreements_group() -> None:
    """See what the drawings, tables and code make of the agreements."""


@agreements_group.command("check")
@click.option(
    "--documents", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of the agreements' texts, where quotes are looked up."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def check_agreements(settings: Settings, documents: Path | None, *, as_json: bool) -> None:
    """List every rule of the agreements with what serves it, and those that nothing serves yet.

    Exit status 1 where a quote is not in its document, or something names a rule that does not exist; what is not served yet is no fault.
    """
    report = coverage.check_shipped(SystemClock(), documents)
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1))
    else:
        for line in coverage.lines(report, settings.language):
            click.echo(line)
    if not report.ok:
        click.get_current_context().exit(1)


@samspel.group("db", cls=SentenceGroup)
def database_group() -> None:
    """Keep the database in order."""


@database_group.command("upgrade")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def upgrade_database(settings: Settings, *, as_json: bool) -> None:
    """Bring the database's tables to the newest form, making them where there are none; a second run changes nothing."""
    database = open_database(settings.database)
    try:
        upgrade(database)
    finally:
        database.close()
    if as_json:
        click.echo(json.dumps({"ok": True}))
    else:
        click.echo("Databasen har den nyaste formen." if settings.language == "sv" else "The database has the newest form.")


@samspel.group("people", cls=SentenceGroup)
def people_group() -> None:
    """Keep track of who works where, and of who stands in for whom."""


@people_group.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--apply", "apply", is_flag=True, help="Make the changes; without it they are only shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def import_people(settings: Settings, file: Path, *, apply: bool, as_json: bool) -> None:
    """Show what FILE.csv would change in the organisation, and with --apply change it: all of it or nothing.

    docs/people.md describes the file. Exit status 1 where it has a fault.
    """
    agreement_ids = read_agreements(settings.models / "agreements").keys()
    today = SystemClock().now().astimezone(STOCKHOLM).date()
    database = open_database(settings.database)
    try:
        upgrade(database)
        data = file.read_bytes()
        preview = people.preview_import(database, data, today, agreement_ids)
        if apply and not preview.faults:
            preview = people.apply_import(database, data, today, agreement_ids)
    finally:
        database.close()
    applied = apply and not preview.faults
    if as_json:
        changes = [{"action": one.action, "kind": one.kind, "name": one.name, "line": one.line, "sv": one.sentence("sv")} for one in preview.changes]
        faults = [{"line": one.line, "column": one.column, "sv": one.sentence("sv"), "en": one.sentence("en")} for one in preview.faults]
        click.echo(json.dumps({"ok": not faults, "applied": applied, "changes": changes, "faults": faults}, ensure_ascii=False, indent=1))
    else:
        _tell_import(preview, settings.language, applied=applied)
    if preview.faults:
        click.get_current_context().exit(1)


def _tell_import(preview: people.Preview, language: Language, *, applied: bool) -> None:
    for fault in preview.faults:
        click.echo(fault.sentence(language), err=True)
    for change in preview.changes:
        click.echo(change.sentence(language))
    count = len(preview.changes)
    if preview.faults:
        said = ("Inget har ändrats.", "Nothing was changed.")
    elif applied:
        said = (f"{count} ändringar gjorda.", f"{count} changes made.")
    else:
        said = (f"{count} ändringar skulle göras. Kör om med --apply för att göra dem.", f"{count} changes would be made. Run again with --apply.")
    click.echo(said[0] if language == "sv" else said[1])


@samspel.group("timers", cls=SentenceGroup)
def timers_group() -> None:
    """Let time pass in the cases."""


@timers_group.command("run")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def run_timers(settings: Settings, *, as_json: bool) -> None:
    """Fire every timer that is due by now, and those that become due by it; safe to run again, and beside itself.

    Work that waits for somebody who has left, or for a post that has fallen vacant, finds another way then.

    Exit status 1 where a step failed: an incident tells of it, the other cases have gone on. Also where the folder of the
    models cannot run and the last release that worked is used in its place.
    """
    database = open_database(settings.database)
    try:
        upgrade(database)
        clock = SystemClock()
        opened = _open_releases(settings, database, clock)
        runtime = Runtime(database, opened, clock)
        fired = failed = 0
        while True:
            swept = timers.sweep(runtime)
            fired, failed = fired + swept.fired, failed + swept.failed
            if not (swept.more and swept.fired):
                break
        moved = routing.reroute(runtime)
    finally:
        database.close()
    well = not failed and opened.refused is None
    if as_json:
        click.echo(json.dumps({"ok": well, "fired": fired, "failed": failed, "rerouted": moved}))
    elif settings.language == "sv":
        click.echo(f"{fired} processer gick vidare, {failed} stannade med ett fel, {moved} uppgifter fick en ny väg.")
    else:
        click.echo(f"{fired} processes went on, {failed} stopped with an error, {moved} work items found a new way.")
    if not well:
        click.get_current_context().exit(1)


@samspel.group("history", cls=SentenceGroup)
def history_group() -> None:
    """See that the record of who did what is whole."""


@history_group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def verify_history(settings: Settings, *, as_json: bool) -> None:
    """Check every chain of the history from its first row to its last.

    Exit status 1 where a row is not what was written, or is missing: the first such row is told with its chain, case:ID or instance:ID.
    """
    try:
        with _opened(settings) as runtime:
            rows = history.verify(runtime)
    except history.HistoryBroken as broken:
        _tell_failure(broken, as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps({"ok": True, "rows": rows}))
    elif settings.language == "sv":
        click.echo(f"Historiken stämmer: {rows} rader, varje länk hel.")
    else:
        click.echo(f"The history holds: {rows} rows, every link whole.")


class NoOneProcessOwner(SamspelError):
    """Nobody is named, and not exactly one person answers for the incidents."""

    sv = "{count} personer är processägare i dag. Säg med --by vem som gör det."
    en = "{count} persons are process owners today. Say with --by who does it."


@samspel.group("incidents", cls=SentenceGroup)
def incidents_group() -> None:
    """See the steps that failed and try them again."""


_by = click.option("--by", metavar="PERSON", help="Id of the process owner who does it; needed only where there are several.")


@incidents_group.command("list")
@_by
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def list_incidents(settings: Settings, by: str | None, *, as_json: bool) -> None:
    """List the open incidents that the process owner answers for, the oldest first. Exit status 1 where there is one."""
    with _opened(settings) as runtime:
        found = incidents.open_incidents(runtime, by or _process_owner(runtime))
    if as_json:
        told = [{**asdict(one), "created_at": one.created_at.isoformat()} for one in found]
        click.echo(json.dumps({"ok": not found, "incidents": told}, ensure_ascii=False, indent=1))
    else:
        for one in found:
            click.echo(_incident_line(one, settings.language))
            click.echo(f"  {one.sv if settings.language == 'sv' else one.en}")
        if not found:
            click.echo("Inga öppna fel." if settings.language == "sv" else "No open incidents.")
    if found:
        click.get_current_context().exit(1)


def _incident_line(one: incidents.Failure, language: Language) -> str:
    day = one.created_at.astimezone(STOCKHOLM).date()
    place = f"{one.file}, {one.element}" + (f" ”{one.name}”" if one.name else "")
    if language == "sv":
        case = f"ärende {one.case}" if one.case else f"process {one.instance_id} utan ärende"
        return f"{one.id}: {case}, {place}; sedan {day}, försök: {one.tries}"
    case = f"case {one.case}" if one.case else f"process {one.instance_id} without a case"
    return f"{one.id}: {case}, {place}; since {day}, tries: {one.tries}"


@incidents_group.command("retry")
@click.argument("incident", metavar="ID", type=int)
@_by
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def retry_incident(settings: Settings, incident: int, by: str | None, *, as_json: bool) -> None:
    """Do once more what failed, as whoever did it first, and close the incident. Exit status 1 where it fails again."""
    try:
        with _opened(settings) as runtime:
            taken = incidents.retry(runtime, by or _process_owner(runtime), incident)
    except SamspelError as failure:
        _tell_failure(failure, as_json=as_json)
        return
    if as_json:
        click.echo(json.dumps({"ok": True, "incident": incident, "gone_on": taken is not None}))
        return
    if settings.language == "sv":
        done = "Steget är gjort." if taken else "Inget var kvar att göra."
        click.echo(f"{done} Fel {incident} är stängt.")
    else:
        done = "The step is done." if taken else "Nothing was left to do."
        click.echo(f"{done} Incident {incident} is closed.")


def _process_owner(runtime: Runtime) -> str:
    with runtime.database.reading() as session:
        owners = runtime.organisation(session).process_owners(runtime.clock.now())
    if len(owners) != 1:
        raise NoOneProcessOwner(count=len(owners))
    return owners[0]


def _tell_failure(failure: SamspelError, *, as_json: bool) -> None:
    """End the command with an error: as JSON where that was asked for, else as every command does."""
    if not as_json:
        raise failure
    names = {name: value for name, value in failure.names.items() if isinstance(value, str | int)}
    click.echo(json.dumps({"ok": False, **names, "sv": failure.sentence("sv"), "en": failure.sentence("en")}, ensure_ascii=False))
    click.get_current_context().exit(1)


@contextmanager
def _opened(settings: Settings) -> Iterator[Runtime]:
    """Give a runtime on the database and the models for as long as a command needs it."""
    database = open_database(settings.database)
    try:
        upgrade(database)
        clock = SystemClock()
        yield Runtime(database, _open_releases(settings, database, clock), clock)
    finally:
        database.close()


def _open_releases(settings: Settings, database: Database, clock: Clock) -> releases.StoredReleases:
    """Start on the models' folder, or on the last good release of it with the reason on standard error."""
    opened = releases.open_releases(database, clock, settings.models)
    if opened.refused is not None:
        instead = ("Den senaste utgåvan som fungerade används.", "The last release that worked is used.")
        click.echo(f"{opened.refused.sentence(settings.language)} {instead[settings.language == 'en']}", err=True)
    return opened


@samspel.command("simulate")
@click.option("--cases", type=click.IntRange(1, 100_000), default=20, show_default=True, help="Number of cases under each agreement.")
@click.option("--agreement", "agreement_ids", multiple=True, default=("all",), show_default=True, help="Id of an agreement, or all; may be repeated.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed plays the same cases.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.pass_obj
def simulate(settings: Settings, cases: int, agreement_ids: tuple[str, ...], seed: int, *, as_json: bool) -> None:
    """Play invented cases through the drawings, with the demonstration's local decisions, to their end.

    Prints ends reached, steps per case, waiting time per role, elements never visited and cases stuck.
    Exit status 1 where a case did not come to its end or a step failed.
    """
    release = releases.load_release(settings.models, [settings.models / releases.DEMONSTRATION])
    known = agreements.of_release(release)
    wanted = list(known) if "all" in agreement_ids else list(dict.fromkeys(agreement_ids))
    for name in wanted or ["all"]:  # a folder without agreements plays nothing, and that is not well
        agreements.agreement(release, name)
    reports = play(release, wanted, cases, seed)
    well = all(report.well for report in reports)
    together = never_visited(reports)
    if as_json:
        never = [{"process": process, "element": element} for process, element in together]
        told = {"ok": well, "seed": seed, "agreements": [report.as_json() for report in reports], "never_visited": never}
        click.echo(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        for report in reports:
            for line in report.lines():
                click.echo(line)
        click.echo(f"aldrig besökta under något av avtalen: {', '.join('.'.join(node) for node in together) or 'inga'}")
    if not well:
        click.get_current_context().exit(1)
