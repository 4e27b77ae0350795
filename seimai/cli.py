"""The command line: run, plan, show, tune, audit, export, steps, doctor, generate, label.

Importing this module costs a few hundredths of a second: what a command needs is imported in it.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from seimai import __version__, options
from seimai.errors import SeimaiError, Waiting

if TYPE_CHECKING:
    from rich.console import Console

    from seimai.recipe import Recipe

WAITING = 75
"""Exit code of a recipe that waits for people: EX_TEMPFAIL of sysexits.h, "try again later"."""

STOPPED = 130
"""Exit code after Ctrl+C; Typer makes it of a KeyboardInterrupt."""

PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(
    name="seimai",
    help="精米 – mills raw Japanese text into curated corpora, preference pairs and trained adapters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(show: bool) -> None:  # noqa: FBT001 (Typer calls it so)
    if show:
        print(f"seimai {__version__}")
        raise typer.Exit


@app.callback()
def seimai(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """精米 – mills raw Japanese text into curated corpora, preference pairs and trained adapters."""


@app.command()
def run(
    recipe: options.RecipeFile,
    name: options.Name = None,
    out: options.Out = None,
    settings: options.Settings = None,
    labels: options.Labels = None,
    on: options.On = "local",
    workers: options.Workers = None,
    max_ram: Annotated[
        str | None,
        typer.Option(
            "--max-ram", metavar="SIZE", help="Memory for all processes, such as 8GB: caps workers."
        ),
    ] = None,
) -> None:
    """Make what the recipe names and is not made yet."""
    from seimai.memory import keep_freed_memory, workers_within

    keep_freed_memory()
    from seimai.executor import LocalExecutor, RayExecutor
    from seimai.progress import Display
    from seimai.report import print_report
    from seimai.run import Runner

    loaded, names, place = _target(recipe, name, out, settings)
    judge = _labels(labels)
    if on != "local" and on != "ray" and not on.startswith("ray://"):
        raise SeimaiError(f"--on {on}: choose local, ray or ray://HOST:PORT")
    if max_ram is not None:
        workers = workers_within(max_ram, workers)
    executor = LocalExecutor(workers) if on == "local" else RayExecutor(on if "://" in on else None)
    try:
        with Display() as display:
            passes, made = Runner(loaded, place, executor, display, judge).run(names)
    finally:
        executor.close()
    last = {p.entry: p for p in passes}
    console = _console()
    if not made:
        console.print(f"Nothing to do: {', '.join(names)} made before from the same inputs.", highlight=False)
        return
    print_report([p.directory for p in last.values() if p.whole], console)


@app.command()
def plan(
    recipe: options.RecipeFile,
    name: options.Name = None,
    out: options.Out = None,
    settings: options.Settings = None,
    labels: options.Labels = None,
) -> None:
    """Show what a run would make, from what and by which steps; nothing is read but the files' names."""
    from seimai.plan import Planner
    from seimai.run import to_make
    from seimai.show import plan_table

    loaded, names, place = _target(recipe, name, out, settings)
    passes = Planner(loaded, place, _labels(labels)).plan(names)
    _console().print(plan_table(passes, to_make(passes, names)))


@app.command()
def show(
    path: Annotated[Path, typer.Argument(help="A dataset, a model, or a folder of runs.")],
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many rows to show.")] = 3,
    dropped: Annotated[bool, typer.Option("--dropped", help="Show rows that went, with the reason.")] = False,
) -> None:
    """Show a dataset: what made it, its funnel, and a few of its rows."""
    from seimai.show import show_path

    show_path(path, _console(), rows=rows, dropped=dropped)


@app.command()
def steps(
    path: Annotated[
        str | None, typer.Argument(help="A step or signals module; all steps when left out.")
    ] = None,
) -> None:
    """List the steps, or describe one: what it does, its parameters, its reasons."""
    from seimai.show import step_page, steps_table

    _console().print(step_page(path) if path else steps_table())


@app.command()
def tune(
    path: options.Run,
    settings: options.Settings = None,
    suggest: options.Suggest = None,
    loss: options.Loss = 0.02,
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many documents to show.")] = 10,
    plot: options.Plot = None,
    count: options.Count = False,
) -> None:
    """What if a threshold were another: decide again from the stored signals, without reading text."""
    from seimai.tune import Question
    from seimai.tune import tune as answer

    answer(Question(path, settings or (), suggest, loss, rows, plot, count), _console())


@app.command()
def audit(
    path: options.Run,
    step: options.FilterStep,
    n: options.Sampled = 200,
    seed: options.AuditSeed = 17,
    out: options.AuditOut = None,
    answers: options.Sheet = None,
    argilla: options.InArgilla = False,
    server: options.ArgillaUrl = "http://127.0.0.1:6900",
    workspace: options.Workspace = "seimai",
) -> None:
    """Have people judge what a filter dropped and kept, and say how right each of its rules is."""
    from seimai.audit import Question
    from seimai.audit import audit as answer

    if answers and argilla:
        raise SeimaiError("--answers and --argilla: choose one")
    ask = None
    if argilla:
        from functools import partial

        from label.audit import exchange

        ask = partial(exchange, server, workspace)
    answer(Question(path, step, n, seed, out, answers), _console(), ask)


@app.command()
def export(
    path: options.ToExport,
    to: options.To,
    form: options.Form = "parquet",
    shard_size: options.ShardSize = "500MB",
    tokenizer: options.TokenizerPlace = None,
    end: options.End = None,
    language: options.Languages = None,
    workers: options.Workers = None,
) -> None:
    """Write a dataset as files for others, with a card that says what it is."""
    from seimai.memory import bytes_of, keep_freed_memory

    keep_freed_memory()
    from seimai.export import Order, export_with, exported_form

    packing = None
    if tokenizer or end:
        if form != "packed" or not tokenizer:
            raise SeimaiError("--tokenizer and --end go with --format packed, --end with --tokenizer")
        from curate.packing.packer import packing_by

        packing = packing_by(tokenizer, end)
    size = bytes_of(shard_size, "--shard-size")
    order = Order(path, to, exported_form(form), size, language or ["ja"], packing, tokenizer, end)
    _console().print(export_with(order, workers), highlight=False)


@app.command()
def doctor(
    url: options.ServerUrl = None,
    python: options.VllmPython = None,
    on: options.Cluster = None,
) -> None:
    """Say what can run on this machine, what not, why not, and what mends it."""
    from generate.doctor import checks as of_engines
    from label.doctor import checks as of_labelling
    from seimai.doctor import diagnose

    if not diagnose([*of_engines(url, python, on), *of_labelling()], _console()):
        raise typer.Exit(1)


@app.command(context_settings=PASSED_ON, add_help_option=False)
def generate(context: typer.Context) -> None:
    """What the engines need on this machine: set up vLLM."""
    from generate.commands import app as commands

    commands(args=context.args, prog_name="seimai generate")


@app.command(context_settings=PASSED_ON, add_help_option=False)
def label(context: typer.Context) -> None:
    """Preference sessions: serve a local Argilla, look at it, stop it."""
    from label.commands import app as commands

    commands(args=context.args, prog_name="seimai label")


def _target(
    recipe: Path, name: str | None, out: Path | None, settings: list[str] | None
) -> "tuple[Recipe, list[str], Path]":
    """The recipe, the entries that the command line names, and where they go."""
    from seimai.recipe import load_recipe

    loaded = load_recipe(recipe, settings)
    names = [loaded.entry(name).name] if name else list(loaded.entries)
    return loaded, names, out or Path("runs") / loaded.name


def _labels(value: str | None) -> Literal["judge"] | None:
    if value not in (None, "judge"):
        raise SeimaiError(f"--labels {value}: choose judge, or leave it out to wait for people")
    return "judge" if value else None


def _console() -> "Console":
    """Standard output; wide enough for tables when it is not a terminal."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=120)


def main() -> None:
    """Run the command line; every error is one sentence and a non-zero exit code."""
    try:
        app()
    except Waiting as e:
        _end(str(e), WAITING)
    except SeimaiError as e:
        _end(f"seimai: {e}", 1)
    except SystemExit as e:
        if e.code == STOPPED:
            _end("seimai: stopped; run the same command to go on", STOPPED)
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as e:
        if os.environ.get("SEIMAI_DEBUG"):
            raise
        _end(f"seimai: internal error: {type(e).__name__}: {e} (SEIMAI_DEBUG=1 shows where)", 70)


def _end(message: str, code: int) -> None:
    print(message, file=sys.stderr, flush=True)
    sys.exit(code)
