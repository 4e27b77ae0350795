"""`seimai label ...`: the local labelling server and its reviewers."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from label.home import Home
from seimai.errors import SeimaiError

app = typer.Typer(help="The local labelling server (Argilla) and its reviewers.", no_args_is_help=True)

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="The server's folder. Default: $SEIMAI_LABEL_HOME or ~/.local/share/seimai/label."
    ),
]


@app.command()
def serve(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1.")] = 6900,
    venv: Annotated[
        Path | None,
        typer.Option(
            envvar="SEIMAI_LABEL_VENV", help="The server's virtual environment. Default: in its folder."
        ),
    ] = None,
    background: Annotated[bool, typer.Option("--background", help="Return when the server is up.")] = False,
) -> None:
    """Start the labelling server; the first start installs it (about 600 MB) in an environment of its own."""
    from label.home import OWNER
    from label.server import Server, start_in_background

    place = _home(home)
    running = place.running()
    if running is not None:
        typer.echo(f"already running at {running.url} (process {running.pid})")
        return
    server = Server(place, (venv or place.venv).absolute(), port)
    server.check_port()
    if server.set_up():
        secrets = place.secrets()
        typer.echo(f"user      {OWNER}\npassword  {secrets.password}\nAPI key   {secrets.api_key}")
        typer.echo(f"(kept in {place.path / 'secrets.json'}; not shown again)")
    if background:
        typer.echo(f"labelling server at {start_in_background(server)}; stop it by: seimai label stop")
    else:
        server.supervise(lambda url: typer.echo(f"labelling server at {url}; Ctrl-C stops it"))


@app.command()
def status(home: HomeOption = None) -> None:
    """Say whether the labelling server runs, and where; exit code 1 when it does not."""
    from label.server import answers

    running = _home(home).running()
    if running is None:
        typer.echo("no labelling server runs")
        raise typer.Exit(1)
    state = "running" if answers(running.url) else "not answering"
    typer.echo(f"{state} at {running.url} (process {running.pid})")
    if state != "running":
        raise typer.Exit(1)


@app.command()
def stop(home: HomeOption = None) -> None:
    """Stop the labelling server; what was labelled stays."""
    from label.server import stop as stop_server

    stopped = stop_server(_home(home))
    typer.echo("no labelling server runs" if stopped is None else f"stopped the server at {stopped.url}")


@app.command()
def user(
    name: Annotated[str, typer.Argument(help="Sign-in name.")],
    server: Annotated[str, typer.Option(help="Argilla's URL.")] = "http://127.0.0.1:6900",
    workspace: Annotated[str, typer.Option(help="Workspace the reviewer may see.")] = "seimai",
) -> None:
    """Add a reviewer and show the password, once."""
    import secrets

    from label.client import Argilla

    password = secrets.token_urlsafe(9)
    with Argilla.connect(server) as argilla:
        argilla.add_annotator(name, password, workspace)
    typer.echo(f"{name} signs in at {server}/sign-in with the password {password} (not shown again)")


def _home(path: Path | None) -> Home:
    return Home((path or Home.default()).absolute())


if __name__ == "__main__":  # the supervisor in the background
    try:
        app()
    except SeimaiError as error:
        sys.exit(str(error))
