"""The command ``samspel``: the engine's commands, and those that show the house to people."""

from __future__ import annotations

import click

from engine.cli import samspel, simulate


@samspel.command()
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed plays the same cases.")
@click.pass_context
def demo(ctx: click.Context, seed: int) -> None:
    """Play three invented cases under each of the five agreements, from need to closure.

    There are no pages yet: what the cases did is printed. Nothing is stored.
    """
    ctx.invoke(simulate, cases=3, agreement_ids=("all",), seed=seed, as_json=False)


def main() -> None:
    """Run the command with the arguments of the shell."""
    samspel()
