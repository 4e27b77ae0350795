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


@app.command()
def report(
    capture: Annotated[Path, typer.Argument(help="Captured answers: the run's NAME.answers.jsonl.")],
    pairs: Annotated[
        Path | None, typer.Option(help="Dataset of the pairs, for lengths and reading times.")
    ] = None,
    gold: Annotated[
        Path | None, typer.Option(help='Known answers, one a line: {"pair": id, "answer": "chosen"}.')
    ] = None,
    out: Annotated[Path, typer.Option(help="HTML file to write.")] = Path("report.html"),
    names: Annotated[bool, typer.Option("--names", help="Reviewers by name, not as R1, R2, ...")] = False,
) -> None:
    """Say how far a session can be trusted: agreement, reviewers, biases, disputed pairs (HTML)."""
    from label.pull import read_capture
    from label.trust.gold import read_gold
    from label.trust.page import page
    from label.trust.session import measure
    from label.trust.sizes import sizes
    from label.trust.votes import tabulate
    from seimai.dataset import open_dataset, write_atomically

    if not capture.is_file():
        raise SeimaiError(f"{capture} is no file of captured answers")
    responses = read_capture(capture)
    known = sizes(open_dataset(pairs), tabulate(responses)) if pairs else None
    session = measure(responses, sizes=known, gold=read_gold(gold) if gold else None, names=names)
    try:
        write_atomically(out, page(session).encode("utf-8"))
    except OSError as error:
        raise SeimaiError(f"{out} cannot be written: {error.strerror}") from error
    alpha = "not defined" if session.nominal is None else f"{session.nominal.value:.2f}"
    typer.echo(
        f"{session.answers:,} answers to {session.pairs:,} pairs, alpha {alpha}, "
        f"{len(session.disagreements):,} for an adjudicator: {out}"
    )


def _home(path: Path | None) -> Home:
    return Home((path or Home.default()).absolute())


if __name__ == "__main__":  # the supervisor in the background
    try:
        app()
    except SeimaiError as error:
        sys.exit(str(error))
