"""The commands that need no web: each calls services and prints what they answer.

Exit status 0 means that all is well; 1 that the answer is no or that something failed, said in one
sentence on standard error; 2 that the command was written wrong.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from engine.clock import SystemClock
from engine.errors import Language, SamspelError
from engine.services import coverage, decisions, releases


@dataclass(frozen=True)
class Settings:
    """What every command may need to know, read once."""

    database: str
    """URL of the database, as SQLAlchemy writes it."""
    language: Language


class SentenceGroup(click.Group):
    """A group whose commands end every foreseen error in its own sentence, never in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's own signature
        """Run the command, and say a foreseen error in the reader's language."""
        try:
            return super().invoke(ctx)
        except SamspelError as error:
            language: Language = ctx.obj.language if isinstance(ctx.obj, Settings) else "sv"
            raise click.ClickException(error.sentence(language)) from error


@click.group(cls=SentenceGroup)
@click.version_option(package_name="samspel")
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
@click.pass_context
def samspel(ctx: click.Context, database: str, language: Language) -> None:
    """Run the collaboration agreements around a child as BPMN processes."""
    ctx.obj = Settings(database, language)


@samspel.group(cls=SentenceGroup)
def models() -> None:
    """Check the process models and try their tables."""


@models.command("check")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
@click.option("--lang", type=click.Choice(["sv", "en"]), help="Language of the sentences; else that of --language.")
@click.pass_obj
def check_models(settings: Settings, path: Path | None, lang: Language | None, *, as_json: bool) -> None:
    """Say of each model file in PATH (a folder or a file; else the shipped models) whether it can run, and what to mend.

    Exit status 0 only where there is no error; warnings alone are well.
    """
    language = lang or settings.language
    verdicts = releases.check_models(path)
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
    for answer in decisions.try_decision(decisions.open_decisions(file), decision, click.get_text_stream("stdin"), settings.language):
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
