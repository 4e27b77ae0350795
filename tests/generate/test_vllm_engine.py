"""The `vllm` engine by itself: what it is asked beside a plain answer, and how it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_model import smollm2
from tiny_model import user

from generate.engine import Candidate, Request, Sampling
from generate.engines.in_process import InProcess
from generate.engines.model_files import find_model
from generate.engines.vllm_process import VllmProcess
from seimai.errors import SeimaiError

PYTHON = os.environ.get("SEIMAI_VLLM_PYTHON", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON, reason="SEIMAI_VLLM_PYTHON names no interpreter with vLLM"),
]
GREEDY = Sampling(0, 1, 16)


def opened(place: Path, folder: Path, **args) -> VllmProcess:
    return VllmProcess(PYTHON, find_model(str(place)), folder / "vllm.log", args)


def request(sampling: Sampling, key: str = "k", text: str = "精米とは何ですか。", seeds=(1, 2, 3)) -> Request:
    return Request(key, tuple(user(text)), tuple(seeds), sampling)  # type: ignore[arg-type]


def ask(engine: VllmProcess | InProcess, *requests: Request) -> list[Candidate]:
    found = {(a.key, c.seed): c for a in engine.chat(requests) for c in a.candidates}
    return [found[r.key, seed] for r in requests for seed in r.seeds]


def living(group: int) -> list[str]:
    """The processes of a group that are no zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, in_group = stat.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(in_group) == group and state != "Z":
            found.append(stat.parent.name)
    return found


@pytest.fixture(scope="module")
def engine(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmProcess]:
    with opened(tiny, tmp_path_factory.mktemp("vllm"), max_model_len=128, max_num_seqs=64) as engine:
        assert engine._process
        group = engine._process.pid
        assert len(living(group)) >= 2  # vLLM's own child among them
        yield engine
    assert living(group) == []


def test_a_stop_text_ends_the_answer_and_is_no_part_of_it(engine):
    (plain,) = ask(engine, request(GREEDY, seeds=[1]))
    stop = next(letter for letter in plain.text[2:] if letter != "\ufffd")
    (stopped,) = ask(engine, request(Sampling(0, 1, 16, stop=(stop,)), seeds=[1]))
    assert (stopped.text, stopped.finish) == (plain.text[: plain.text.index(stop)], "stop")
    assert stopped.tokens < plain.tokens


@pytest.mark.parametrize("temperature", [0.0, 2.0])
@pytest.mark.parametrize("choices", [("A", "B"), ("良い", "良いとは言えない", "悪い"), ('"\\', "1\n2", "1")])
def test_an_answer_is_one_of_the_choices(engine, temperature, choices):
    asked = request(Sampling(temperature, 1, 1, choices=choices, logprobs=True), seeds=range(24))
    found = ask(engine, asked)
    assert [c.error for c in found] == [None] * 24
    assert {c.text for c in found} <= set(choices)
    assert temperature or len({c.text for c in found}) == 1
    assert all(c.logprob is not None and c.logprob <= 0 for c in found)


def test_log_probabilities_are_those_of_transformers(engine, tiny):
    asked = request(Sampling(0, 1, 12, logprobs=True), seeds=[1])
    (found,) = ask(engine, asked)
    with InProcess(find_model(str(tiny))) as other:
        (expected,) = ask(other, asked)
    assert (found.text, found.tokens) == (expected.text, expected.tokens)
    assert found.logprob == pytest.approx(expected.logprob, abs=1e-3)
    cool = ask(engine, request(Sampling(0.5, 0.5, 12, logprobs=True), seeds=[1]))[0]
    assert cool.logprob is not None
    assert cool.logprob < -0.1  # before temperature and top_p, which leave little to chance


def test_the_model_writes_the_users_turn(engine):
    asked = Request("k", ({"role": "system", "content": "短く。"},), (1, 2), Sampling(1, 1, 16), "user")
    found = ask(engine, asked)
    assert [c.error for c in found] == [None] * 2
    assert found[0].prompt_tokens == len(engine._tokenizer("<|system|>短く。</s><|user|>")["input_ids"])


def test_streams_follow_each_other_and_hold_empty_and_bad_ones(engine):
    first = [request(GREEDY, f"a{i}", f"質問{i}") for i in range(3)]
    expected = ask(engine, *first)
    assert ask(engine) == []
    long = request(GREEDY, "long", "玄米" * 400)
    refused = [c.error for c in ask(engine, long)]
    assert refused == [refused[0]] * 3
    assert "leaves no room in a context of 128" in str(refused[0])
    bad = Request("bad", (), (1,), Sampling(-1, 1, 4))
    assert [c.error is None for c in ask(engine, bad, first[0])] == [False, True, True, True]
    assert ask(engine, *first) == expected


def test_requests_that_fail_on_our_side_stop_the_stream(tiny, tmp_path):
    def failing() -> Iterator[Request]:
        yield request(GREEDY)
        raise SeimaiError("the rows cannot be read")

    with opened(tiny, tmp_path) as engine:
        assert engine._process
        group = engine._process.pid
        with pytest.raises(SeimaiError, match="the rows cannot be read"):
            list(engine.chat(failing()))
    assert living(group) == []


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            {"tensor_paralel_size": 2},
            "vLLM has no 'tensor_paralel_size'; did you mean 'tensor_parallel_size'?",
        ),
        ({"logprobs_mode": "processed_logits"}, "logprobs_mode is not for a recipe to set"),
    ],
)
def test_arguments_that_vllm_does_not_have_are_named(tiny, tmp_path, args, said):
    with pytest.raises(SeimaiError, match=said.replace("?", r"\?")), opened(tiny, tmp_path, **args):
        pass


PARENT = """
import sys
from pathlib import Path
from generate.engine import Request, Sampling
from generate.engines.model_files import find_model
from generate.engines.vllm_process import VllmProcess

engine = VllmProcess(sys.argv[1], find_model(sys.argv[2]), Path(sys.argv[3]))
sampling = Sampling(1, 1, 200)
requests = (Request(str(i), ({"role": "user", "content": str(i)},), (1, 2), sampling) for i in range(10**6))
if sys.argv[4] == "loading":
    engine._hear = lambda: print(engine._process.pid, flush=True) or VllmProcess._hear(engine)
with engine:
    for answer in engine.chat(requests):
        print(engine._process.pid, flush=True)
"""


@pytest.mark.parametrize("when", ["loading", "answering"])
def test_nothing_is_left_when_the_parent_is_killed(tiny, tmp_path, when):
    script = tmp_path / "parent.py"
    script.write_text(textwrap.dedent(PARENT))
    parent = subprocess.Popen(
        [sys.executable, script, PYTHON, tiny, tmp_path / "vllm.log", when],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout
    group = int(parent.stdout.readline())
    time.sleep(5 if when == "loading" else 0)
    assert living(group)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 30
    while living(group) and time.monotonic() < until:
        time.sleep(0.1)
    assert living(group) == []


def test_a_real_small_model_answers(tmp_path, pytestconfig):
    place = smollm2(pytestconfig.cache.mkdir("models"))
    if isinstance(place, str):
        pytest.skip(place)
    asked = [
        request(Sampling(0, 1, 16), "capital", "What is the capital of Japan?", [1]),
        request(
            Sampling(0, 1, 1, choices=("Paris", "Tokyo")), "choice", "What is the capital of Japan?", [1]
        ),
    ]
    with opened(place, tmp_path, max_model_len=512) as engine:
        found = ask(engine, *asked)
    with InProcess(find_model(str(place))) as other:
        expected = ask(other, *asked)
    assert "Tokyo" in found[0].text
    assert [c.text for c in found] == [c.text for c in expected]
    assert found[1].text == "Tokyo"
