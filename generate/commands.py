"""`seimai generate ...`: what the engines need on this machine."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seimai.errors import SeimaiError

if TYPE_CHECKING:
    from generate.engines.setup_vllm import Say

app = typer.Typer(help="What the engines need on this machine.", no_args_is_help=True, add_completion=False)


@app.callback()
def group() -> None:
    """What the engines need on this machine."""


@app.command("setup-vllm")
def setup_vllm(
    cpu: Annotated[bool, typer.Option("--cpu", help="For a machine without a GPU.")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="For NVIDIA's GPUs.")] = False,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into", metavar="DIR", help="The virtual environment. Default: ~/.local/share/seimai/vllm/venv."
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only try the environment that is there.")] = False,
) -> None:
    """Make vLLM's private environment, try it, and let `engine: vllm` find it.

    Without --cpu or --gpu the machine decides. pip takes its index, its proxy and its folders of wheels from
    its own settings (PIP_INDEX_URL, PIP_NO_INDEX, PIP_FIND_LINKS, pip.conf). On a CPU it takes a few minutes
    and 3.5 GB.
    """
    from generate.engines.setup_vllm import build_for_this_machine, need_transformers, set_up, try_out
    from generate.engines.vllm_home import VllmEnvironment, home, remembered

    if cpu and gpu:
        raise SeimaiError("--cpu and --gpu: choose one")
    began = time.monotonic()
    made = remembered() if check else None
    environment = VllmEnvironment((into or (made.venv if made else home() / "venv")).expanduser().absolute())
    with _shown() as (say, heard):
        if check:
            if not environment.is_ready:
                raise SeimaiError(f"{environment.venv} is not ready: run seimai generate setup-vllm")
            need_transformers()
            try_out(environment.python, environment.log, say)
        else:
            build = "cpu" if cpu else "gpu" if gpu else build_for_this_machine()
            set_up(environment, build, say, heard)
    typer.echo(f"ready after {time.monotonic() - began:.0f} s: {environment.python}")


@contextmanager
def _shown() -> "Generator[tuple[Say, Say]]":
    """Two ways to tell: lines that stay, and what pip is at, beside the time on a terminal."""
    if not sys.stdout.isatty():
        yield lambda line: typer.echo(line), lambda line: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(), transient=True) as progress:
        task = progress.add_task("")

        def say(line: str) -> None:
            progress.console.print(line, highlight=False, markup=False, soft_wrap=True)
            progress.update(task, description="")

        def heard(line: str) -> None:
            progress.update(task, description=line.strip()[: progress.console.width - 20])

        yield say, heard
