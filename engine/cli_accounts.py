"""The commands about who gets in: the first administrator, logins for people, tokens for programs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from engine.cli import SentenceGroup, Settings, samspel
from engine.clock import STOCKHOLM, SystemClock
from engine.errors import Language
from engine.facts.agreements import read_agreements
from engine.services import accounts, administrators, tokens
from engine.services.accounts import Invited
from engine.services.opening import people_only
from engine.services.tokens import Known

_as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")


@samspel.group("admin", cls=SentenceGroup)
def admin_group() -> None:
    """Make the first person who can log in."""


@admin_group.command("create")
@click.option("--name", required=True, help="The person's name, as others see it.")
@click.option("--username", required=True, help="What the person logs in with.")
@click.option("--organisation", default="Huvudmannen", show_default=True, help="Name of the municipality or region that keeps Samspel.")
@_as_json
@click.pass_obj
def create_admin(settings: Settings, name: str, username: str, organisation: str, *, as_json: bool) -> None:
    """Make the first administrator: the process owner, with a password that is printed once and holds for a week."""
    agreements = read_agreements(settings.models / "agreements").keys()
    with people_only(settings.database) as runtime:
        administrators.create_first(runtime, name, username, organisation, agreements)
        invited = accounts.invite(runtime, username, SystemClock().now())
    _tell_invited(invited, settings.language, as_json=as_json)


@samspel.group("account", cls=SentenceGroup)
def account_group() -> None:
    """Let people log in."""


@account_group.command("invite")
@click.argument("username")
@_as_json
@click.pass_obj
def invite(settings: Settings, username: str, *, as_json: bool) -> None:
    """Give USERNAME a new password that is printed once; the person chooses another at the first login.

    For somebody new and for somebody who has forgotten. Wherever the person was logged in, they are no longer.
    """
    with people_only(settings.database) as runtime:
        invited = accounts.invite(runtime, username, SystemClock().now())
    _tell_invited(invited, settings.language, as_json=as_json)


def _tell_invited(invited: Invited, language: Language, *, as_json: bool) -> None:
    if as_json:
        told = {"ok": True, "username": invited.username, "name": invited.name, "password": invited.password, "until": invited.until.isoformat()}
        click.echo(json.dumps(told, ensure_ascii=False))
    elif language == "sv":
        click.echo(f"{invited.name} kan logga in till {_moment(invited.until)} och väljer då ett eget lösenord.")
        click.echo(f"  Användarnamn: {invited.username}\n  Tillfälligt lösenord: {invited.password}")
    else:
        click.echo(f"{invited.name} can log in until {_moment(invited.until)}, and then chooses a password.")
        click.echo(f"  User name: {invited.username}\n  Temporary password: {invited.password}")


@samspel.group("token", cls=SentenceGroup)
def token_group() -> None:
    """Let programs work for people through the API."""


@token_group.command("create")
@click.option("--user", "username", required=True, help="User name of the person for whom the program works.")
@click.option("--days", type=int, default=tokens.DAYS, show_default=True, help=f"How long it holds, at most {tokens.MOST_DAYS} days.")
@click.option("--name", default="", help="What it is for.")
@_as_json
@click.pass_obj
def create_token(settings: Settings, username: str, days: int, name: str, *, as_json: bool) -> None:
    """Make a token and print it, this once. It opens what the person may open, and nothing more."""
    with people_only(settings.database) as runtime:
        made = tokens.create(runtime, username, SystemClock().now(), days=days, name=name)
    if as_json:
        click.echo(json.dumps({"ok": True, "token": made.token, **_told(made.known)}, ensure_ascii=False))
        return
    click.echo(made.token)
    number, until = made.known.id, _moment(made.known.expires_at)
    said = (
        f"Nyckel {number} gäller till {until}. Spara den nu: den visas inte igen.",
        f"Token {number} holds until {until}. Keep it now: it is not shown again.",
    )
    click.echo(said[settings.language == "en"], err=True)


@token_group.command("list")
@click.option("--user", "username", help="User name of a person; else everybody's.")
@_as_json
@click.pass_obj
def list_tokens(settings: Settings, username: str | None, *, as_json: bool) -> None:
    """List the tokens, the newest first: whose, what for, until when, when last used."""
    with people_only(settings.database) as runtime:
        found = tokens.every(runtime, username)
    now = SystemClock().now()
    if as_json:
        click.echo(json.dumps({"ok": True, "tokens": [{**_told(one), "holds": one.holds(now)} for one in found]}, ensure_ascii=False, indent=1))
        return
    for one in found:
        click.echo(_line(one, now, settings.language))
    if not found:
        click.echo("Inga nycklar." if settings.language == "sv" else "No tokens.")


@token_group.command("revoke")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
@_as_json
@click.pass_obj
def revoke_tokens(settings: Settings, numbers: tuple[int, ...], *, as_json: bool) -> None:
    """Let the tokens with these numbers open nothing from now on."""
    with people_only(settings.database) as runtime:
        tokens.revoke(runtime, numbers, SystemClock().now())
    if as_json:
        click.echo(json.dumps({"ok": True, "revoked": list(numbers)}))
    else:
        click.echo("Öppnar inget mer." if settings.language == "sv" else "Opens nothing more.")


def _line(one: Known, now: datetime, language: Language) -> str:
    name = f" ”{one.name}”" if one.name else ""
    used = _moment(one.used_at) if one.used_at else None
    if language == "sv":
        state = "återkallad" if one.revoked_at else f"gäller till {_moment(one.expires_at)}" if one.holds(now) else "har gått ut"
        return f"{one.id}: {one.username or one.person}{name}, {state}, {f'senast använd {used}' if used else 'aldrig använd'}"
    state = "revoked" if one.revoked_at else f"holds until {_moment(one.expires_at)}" if one.holds(now) else "expired"
    return f"{one.id}: {one.username or one.person}{name}, {state}, {f'last used {used}' if used else 'never used'}"


def _told(one: Known) -> dict[str, Any]:
    moments = {name: moment.isoformat() if (moment := getattr(one, name)) else None for name in ("made_at", "expires_at", "used_at", "revoked_at")}
    return {"id": one.id, "person": one.person, "username": one.username, "name": one.name, **moments}


def _moment(at: datetime) -> str:
    return f"{at.astimezone(STOCKHOLM):%Y-%m-%d %H:%M}"
