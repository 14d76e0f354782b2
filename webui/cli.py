"""The command ``samspel``: the engine's commands, and those that show the house to people.

The web is imported by the two commands that draw pages: the others start in two thirds of the time without it.
"""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import click

import engine.cli_accounts  # noqa: F401 - its commands join the others
from engine.cli import Settings as EngineSettings
from engine.cli import samspel
from engine.errors import SamspelError
from engine.services import timers
from engine.services.runtime import Runtime
from webui.settings import Settings

SWEEP_SECONDS = 20
"""How often the demonstration looks for what has become due by itself."""


class PortTaken(SamspelError):
    """Something else listens there."""

    sv = "Port {port} används redan. Välj en annan med --port."
    en = "Port {port} is in use. Choose another with --port."


class FileUnusable(SamspelError):
    """The demonstration's file cannot be written where it should lie."""

    sv = "Filen {file} går inte att skriva. Välj en annan med --file."
    en = "The file {file} cannot be written. Choose another with --file."


@samspel.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8017, show_default=True, help="Where to answer, on this computer only.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), default=Path("samspel-demo.sqlite"), show_default=True, help="Its database.")
@click.option("--reset", is_flag=True, help="Throw away what was done in the demonstration before, and begin anew.")
@click.pass_obj
def demo(settings: EngineSettings, port: int, file: Path, *, reset: bool) -> None:
    """Start Samspel on this computer with an invented organisation and cases under way in all five agreements.

    Anybody who reaches the port may be anybody: never for real children.
    """
    from werkzeug.serving import make_server

    from webui.app import create_app
    from webui.demo import prepare
    from webui.house import EXTENSION
    from webui.serving import require_assets

    require_assets()
    _require_free(port)
    if not os.access(file if file.exists() else file.absolute().parent, os.W_OK):
        raise FileUnusable(file=file)
    swedish = settings.language == "sv"
    if reset:
        prepare.throw_away(file)
    if not file.exists():
        click.echo("Förbereder påhittade personer och ärenden, en gång:" if swedish else "Preparing invented people and cases, once:")
    prepare.prepare(file, settings.models, lambda number, of, where: click.echo(f"  {number:>2}/{of}  {where if swedish else ''}".rstrip()))
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


@samspel.command()
@click.option("--bind", envvar="SAMSPEL_BIND", default="127.0.0.1:8000", show_default=True, help="Where to answer: HOST:PORT, or unix:/path.")
@click.option("--workers", envvar="SAMSPEL_WORKERS", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", envvar="SAMSPEL_THREADS", type=click.IntRange(1, 64), default=8, show_default=True, help="Requests at once in each.")
@click.option("--proxies", envvar="SAMSPEL_PROXIES", type=click.IntRange(0, 5), default=0, show_default=True, help="Reverse proxies in front.")
@click.option("--timers/--no-timers", default=True, show_default=True, help="Let time pass here; else call samspel timers run every few minutes.")
@click.option("--log-requests/--no-log-requests", default=True, show_default=True, help="Write a line for each request.")
@click.option("--plain-http", is_flag=True, help="Cookies without TLS too: for a trial on one's own computer, never in use.")
@click.option("--secret-key", envvar="SAMSPEL_SECRET_KEY", default="", hidden=True)
@click.pass_obj
def serve(  # noqa: PLR0913 - one for each option
    settings: EngineSettings,
    bind: str,
    workers: int,
    threads: int,
    proxies: int,
    secret_key: str,
    *,
    timers: bool,
    log_requests: bool,
    plain_http: bool,
) -> None:
    """Serve Samspel for real use, until it is told to stop; docs/operating.md says what belongs around it.

    The secret key comes from SAMSPEL_SECRET_KEY or the file of --config, never from the command line, which others can see.
    """
    from webui.serving import Place
    from webui.serving import serve as serve_until_told

    made = Settings(settings.database, settings.models, secret_key=secret_key, secure_cookies=not plain_http, proxies=proxies)
    click.get_current_context().exit(serve_until_told(made, Place(bind, workers, threads, timers, log_requests), settings.language))


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
