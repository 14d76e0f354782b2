"""The command ``samspel``: the engine's commands, and those that show the house to people."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import click
from werkzeug.serving import make_server

import engine.cli_accounts  # noqa: F401 - its commands join the others
from engine.cli import Settings as EngineSettings
from engine.cli import samspel
from engine.errors import SamspelError
from engine.services import timers
from engine.services.runtime import Runtime
from webui.app import create_app
from webui.demo import prepare
from webui.house import EXTENSION
from webui.settings import Settings

SWEEP_SECONDS = 20
"""How often the demonstration looks for what has become due by itself."""


class PortTaken(SamspelError):
    """Something else listens there."""

    sv = "Port {port} används redan. Välj en annan med --port."
    en = "Port {port} is in use. Choose another with --port."


class AssetsMissing(SamspelError):
    """The pages' style and script have not been built."""

    sv = "Sidornas stil och skript är inte byggda. Kör make assets."
    en = "The style and script of the pages have not been built. Run make assets."


@samspel.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8017, show_default=True, help="Where to answer, on this computer only.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), default=Path("samspel-demo.sqlite"), show_default=True, help="Its database.")
@click.option("--reset", is_flag=True, help="Throw away what was done in the demonstration before, and begin anew.")
@click.pass_obj
def demo(settings: EngineSettings, port: int, file: Path, *, reset: bool) -> None:
    """Start Samspel on this computer with an invented organisation and cases under way in all five agreements.

    Anybody who reaches the port may be anybody: never for real children.
    """
    if not (Path(__file__).parent / "static" / "built" / "pages.css").is_file():
        raise AssetsMissing
    _require_free(port)
    swedish = settings.language == "sv"
    if reset:
        prepare.throw_away(file)
    if not file.exists():
        click.echo("Förbereder påhittade personer och ärenden, en gång:" if swedish else "Preparing invented people and cases, once:")
    prepare.prepare(file, settings.models, lambda number, of, where: click.echo(f"  {number:>2}/{of}  {where}"))
    app = create_app(Settings(f"sqlite:///{file}", settings.models, demonstration=True, secure_cookies=False))
    runtime: Runtime = app.extensions[EXTENSION].runtime
    prepare.catch_up(runtime)
    server = make_server("127.0.0.1", port, app, threaded=True)
    click.echo(f"http://127.0.0.1:{port}/demo" + (" (byt person där, utan lösenord)" if swedish else " (change person there, without a password)"))
    for login in prepare.logins(runtime, settings.language):
        click.echo(f"  {login.username}  {prepare.PASSWORD}  {login.name}: {login.title}\n      {login.what}")
    click.echo("Avsluta med Ctrl+C." if swedish else "Stop with Ctrl+C.")
    over = threading.Event()
    threading.Thread(target=_let_time_pass, args=(runtime, over), daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo()
    finally:
        over.set()
        server.server_close()


def _require_free(port: int) -> None:
    """Try the port before anything is thrown away. Raises PortTaken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(port=port) from error


def _let_time_pass(runtime: Runtime, over: threading.Event) -> None:
    while not over.wait(SWEEP_SECONDS):
        timers.sweep(runtime)


def main() -> None:
    """Run the command with the arguments of the shell."""
    samspel()
