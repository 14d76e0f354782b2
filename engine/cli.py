"""The commands that need no web: each calls services and prints what they answer.

Exit status 0 means that all is well; 1 that the answer is no or that something failed, said in one
sentence on standard error; 2 that the command was written wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from engine.errors import Language, SamspelError


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
