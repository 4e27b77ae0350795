"""The console script, as a user meets it."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("seimai")

RECIPE = """\
corpus:
  from: {files: "texts/*.jsonl"}
  steps:
    - mycompany.steps.loud: {at_most: 1}
model:
  from: corpus
  steps: [mycompany.steps.counter]
"""


@pytest.fixture
def recipe(write_recipe, write_texts) -> Path:
    write_texts("texts/a.jsonl", ["米を炊く", "うるさい!!", "あ"])
    return write_recipe(RECIPE)


HEAVY = ("torch", "transformers", "vllm", "datasets", "argilla", "trl", "peft", "numba", "polars", "pyarrow")


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom seimai.cli import main\nsys.argv = ['seimai', '--help']\n"
        "try: main()\nexcept SystemExit as e: assert not e.code\n"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "run" in done.stdout


def test_planning_imports_only_what_the_recipe_names(recipe):
    code = (
        "import sys\nfrom seimai.cli import main\nsys.argv = ['seimai', 'plan', 'recipe.yaml']\n"
        "try: main()\nexcept SystemExit as e: assert not e.code\n"
        "names = ('torch', 'transformers', 'vllm', 'datasets', 'argilla', 'trl', 'peft', 'httpx')\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & {*names, 'train', 'generate', 'label'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=recipe.parent, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(seimai):
    from seimai import __version__

    assert seimai("--version").stdout == f"seimai {__version__}\n"


def test_run_then_nothing_to_do(seimai, recipe):
    first = seimai("run", "recipe.yaml")
    assert first.returncode == 0, first.stderr
    for words in ("Funnel", "too_loud 1, too_short 1", "1 documents", "Before and after training", "letters"):
        assert words in first.stdout, first.stdout
    assert "[1/2] corpus: 1 kept, 2 dropped" in first.stderr
    second = seimai("run", "recipe.yaml")
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == "Nothing to do: corpus, model made before from the same inputs.\n"
    assert [p.name for p in (recipe.parent / "runs").iterdir()] == ["recipe"]


def test_a_made_entry_whose_parent_is_gone_is_reported(seimai, recipe, write_recipe):
    """`corpus` was deleted and is not needed: `model` is whole, and `again` is made from files."""
    seimai("run", "recipe.yaml")
    for folder in (recipe.parent / "runs/recipe").glob("corpus-*"):
        subprocess.run(["rm", "-r", folder], check=True)
    uses = "again: {from: {files: 'texts/*'}, steps: [mycompany.steps.counter: {base: model}]}\n"
    write_recipe(RECIPE + uses)
    done = seimai("run", "recipe.yaml", "again")
    assert done.returncode == 0, done.stderr
    assert "again" in done.stdout


def test_plan_says_what_a_run_would_make(seimai, recipe):
    before = seimai("plan", "recipe.yaml").stdout
    assert before.count("to make") == 2
    assert "1 files" in before
    assert not (recipe.parent / "runs").exists()
    seimai("run", "recipe.yaml", "corpus")
    after = seimai("plan", "recipe.yaml").stdout
    assert (after.count("to make"), after.count(" made ")) == (1, 1)


def test_show(seimai, recipe):
    seimai("run", "recipe.yaml", "--out", "out")
    corpus = next((recipe.parent / "out").glob("corpus-*"))
    shown = seimai("show", corpus).stdout
    assert "mycompany.steps.loud" in shown
    assert "米を炊く" in shown
    assert "うるさい" not in shown
    gone = seimai("show", corpus, "--dropped").stdout
    assert "うるさい!!" in gone
    assert "mycompany.steps.loud.too_loud" in gone
    folder = seimai("show", "out").stdout
    assert "corpus" in folder
    assert "model" in folder
    assert seimai("show", "texts").stderr == "seimai: texts is no finished dataset and holds none\n"


def test_steps(seimai):
    listed = seimai("steps")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "curate.normalize" in listed.stdout
    page = seimai("steps", "curate.length").stdout
    for words in ("min_chars", "default", "Reasons: too_short"):
        assert words in page
    assert "most exclamation marks" in seimai("steps", "mycompany.steps.loud").stdout
    assert "exclamation marks" in seimai("steps", "mycompany.signals").stdout
    wrong = seimai("steps", "curate.lenght")
    assert wrong.stderr == "seimai: unknown step 'curate.lenght'; did you mean 'curate.length'?\n"
    assert wrong.returncode == 1


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("run", "none.yaml"), "seimai: none.yaml: no such file\n", 1),
        (("run", "."), "seimai: . is a folder; name the recipe file in it\n", 1),
        (
            ("run", "recipe.yaml", "corpse"),
            "seimai: recipe.yaml has no entry 'corpse'; did you mean 'corpus'?\n",
            1,
        ),
        (
            ("run", "recipe.yaml", "--labels", "people"),
            "seimai: --labels people: choose judge, or leave it out to wait for people\n",
            1,
        ),
        (
            ("run", "recipe.yaml", "--on", "mars"),
            "seimai: --on mars: choose local, ray or ray://HOST:PORT\n",
            1,
        ),
        (
            ("run", "recipe.yaml", "--set", "mycompany.steps.loud.at_mots=3"),
            "seimai: recipe.yaml:4: corpus.steps[0].mycompany.steps.loud.at_mots: "
            "unknown parameter; did you mean 'at_most'?\n",
            1,
        ),
    ],
)
def test_what_the_user_can_mend_is_one_sentence(seimai, recipe, arguments, message, code):
    done = seimai(*arguments)
    assert (done.stderr, done.returncode, done.stdout) == (message, code, "")
    assert not (recipe.parent / "runs").exists()


def test_wrong_usage_is_exit_code_2(seimai, recipe):
    assert seimai("runn").returncode == 2
    assert seimai("run", "recipe.yaml", "--workers", "0").returncode == 2


def test_waiting_is_exit_code_75_and_a_sentence(seimai, write_recipe, write_texts):
    write_texts("texts/a.jsonl", ["米を炊く"])
    recipe = write_recipe('a: {from: {files: "texts/*"}, steps: [mycompany.steps.asks: {folder: texts}]}\n')
    waits = seimai("run", "recipe.yaml")
    assert waits.returncode == 75
    assert waits.stderr.splitlines()[-1] == "0 of 1 texts are answered; run the same command to go on"
    (recipe.parent / "answer").touch()
    assert seimai("run", "recipe.yaml").returncode == 0


def test_an_unexpected_exception_is_no_traceback(seimai, recipe, company):
    (recipe.parent / "careless.py").write_text(
        "from seimai.step import Selection\n\n\nclass Careless(Selection):\n"
        "    def select(self, rows, job):\n        return rows.nothing\n"
    )
    recipe.write_text('a: {from: {files: "texts/*"}, steps: [careless]}\n')
    path = os.pathsep.join((str(recipe.parent), str(company)))
    done = seimai("run", "recipe.yaml", PYTHONPATH=path)
    assert done.returncode == 70
    assert done.stderr.splitlines()[-1] == (
        "seimai: internal error: AttributeError: 'Rows' object has no attribute 'nothing' "
        "(SEIMAI_DEBUG=1 shows where)"
    )


def test_an_exception_in_a_worker_is_no_traceback(seimai, write_recipe, write_texts):
    for n in range(4):
        write_texts(f"texts/{n:02}.jsonl", ["米を炊く", "麦"])
    write_recipe('a: {from: {files: "texts/*"}, steps: [mycompany.steps.loses]}\n')
    done = seimai("run", "recipe.yaml", "--workers", "2")
    assert done.returncode == 1
    message = "seimai: mycompany.steps.loses gave back 1 rows for 2, or in another order"
    assert done.stderr.splitlines()[-1] == message


# -- processes


def slow(write_recipe, write_texts, seconds: float, shards: int) -> Path:
    for n in range(shards):
        write_texts(f"texts/{n:02}.jsonl", [f"米の話{n}"])
    return write_recipe(
        f'a: {{from: {{files: "texts/*"}}, steps: [mycompany.steps.slow: {{seconds: {seconds}}}]}}\n'
    )


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [SCRIPT, "run", "recipe.yaml", *arguments],
        cwd=folder,
        env={**os.environ, "MYCOMPANY_LOG": str(folder / "log")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until(condition, process: "subprocess.Popen[str]") -> None:
    """Wait for something that the process does."""
    deadline = time.monotonic() + 60
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def log_of(folder: Path) -> list[str]:
    log = folder / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_two_runs_at_once(seimai, write_recipe, write_texts):
    folder = slow(write_recipe, write_texts, 60, 1).parent
    first = start(folder, "--out", "out")
    try:
        until((folder / "out" / ".lock").exists, first)
        until(lambda: list(folder.glob("out/a-*")), first)
        second = seimai("run", "recipe.yaml", "--out", "out")
        assert second.returncode == 1
        assert second.stderr == "seimai: another run is working in out; wait for it or choose another --out\n"
    finally:
        first.kill()
        first.communicate()
    third = start(folder, "--out", "out")  # the lock died with its process
    try:
        until(lambda: third.stderr and third.stderr.readline().startswith("[1/1] a"), third)
    finally:
        third.kill()
        third.communicate()


@pytest.mark.parametrize("seconds", [0.0, 1.5])
def test_ctrl_c_ends_at_once_with_a_sentence(write_recipe, write_texts, seconds):
    """While the workers start, and while they work; a terminal signals the whole group."""
    folder = slow(write_recipe, write_texts, 300, 4).parent
    process = start(folder, "--workers", "2")
    until(lambda: list(folder.glob("runs/recipe/a-*/.shards")), process)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    lines = [line for line in stderr.splitlines() if not line.startswith("[1/1]")]
    assert lines == ["seimai: stopped; run the same command to go on"]


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.parent != folder
    }


def test_a_killed_run_goes_on_where_it_was(write_recipe, write_texts, make, monkeypatch):
    """Killed three times, with more and more shards done."""
    shards = 12
    recipe = slow(write_recipe, write_texts, 0.05, shards)
    folder = recipe.parent
    monkeypatch.setenv("MYCOMPANY_LOG", os.devnull)
    make(recipe, out=folder / "straight")
    finished: set[str] = set()
    for enough in (1, 5, 9):
        process = start(folder, "--out", "killed", "--workers", "2")
        until(lambda: len(list(folder.glob("killed/a-*/.shards/*.json"))) >= enough, process)  # noqa: B023
        process.kill()
        process.communicate()
        assert not list(folder.glob("killed/a-*/manifest.json"))
        before, finished = finished, {p.stem for p in folder.glob("killed/a-*/.shards/*.json")}
        assert before < finished
    seen = log_of(folder)
    last = start(folder, "--out", "killed", "--workers", "2")
    last.communicate(timeout=60)
    assert last.returncode == 0
    assert len(log_of(folder)) - len(seen) == shards - len(finished)
    assert files_of(folder / "killed") == files_of(folder / "straight")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_a_run_killed_at_a_random_moment_ends_the_same(write_recipe, write_texts, seimai, seed):
    rng = random.Random(seed)
    for n in range(8):
        write_texts(f"texts/{n}.jsonl", [f"米の話{n % 3}の{i % 5}" for i in range(20)] + ["爆発", "あ"])
    folder = write_recipe(
        "a:\n  from: {files: 'texts/*'}\n"
        "  steps: [mycompany.steps.slow: {seconds: 0.05}, mycompany.steps.shout, mycompany.steps.loud,"
        " mycompany.steps.twins, mycompany.steps.kanji]\n"
        "b: {from: a, steps: [mycompany.steps.halves, mycompany.steps.tag]}\n"
        "m: {from: b, steps: [mycompany.steps.counter]}\n"
    ).parent
    assert seimai("run", "recipe.yaml", "--out", "straight", MYCOMPANY_LOG=os.devnull).returncode == 0
    for _ in range(4):
        process = start(folder, "--out", "killed", "--workers", "2")
        try:
            process.wait(rng.uniform(0.3, 4.0))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate(timeout=30)  # its workers die with it
    last = start(folder, "--out", "killed", "--workers", "2")
    _, stderr = last.communicate(timeout=120)
    assert last.returncode == 0, stderr
    assert files_of(folder / "killed") == files_of(folder / "straight")
