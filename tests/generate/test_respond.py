import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError
from tiny_model import make_job, make_rows, save_tokenizer, user

from generate.respond import Respond
from seimai.errors import SeimaiError
from seimai.rows import row_id

QUESTIONS = ["精米とは何ですか。", "返品できますか。", "お米の研ぎ方を順に教えてください。", "はい？"]
PROMPTS = [{"id": f"p{i}", "prompt": user(text)} for i, text in enumerate(QUESTIONS)]


def respond(folder: Path, place: Path, prompts=PROMPTS, shards=1, **parameters) -> pl.DataFrame:
    job, _ = make_job(folder, {"base": place})
    step = Respond(model="base", **({"n": 3, "max_tokens": 24} | parameters))
    rows = make_rows(folder / "rows", "prompts", prompts, shards)
    return pl.concat(step.rewrite(rows, job), how="diagonal_relaxed")


def texts(frame: pl.DataFrame) -> dict[str, list[str]]:
    return {
        i: [r["text"] for r in rs] for i, rs in zip(frame["id"], frame["responses"].to_list(), strict=True)
    }


def test_candidates_are_named_and_described(tmp_path, tiny):
    frame = respond(tmp_path, tiny)
    assert frame["id"].to_list() == ["p0", "p1", "p2", "p3"]
    first = frame["responses"].to_list()[0][0]
    sampling = json.loads(first["sampling"])
    assert first["id"] == row_id("p0", "transformers", "base", sampling["seed"])
    assert (first["engine"], first["model"], first["scores"]) == ("transformers", "base", [])
    assert sampling["max_tokens"] == 24
    assert sampling["finish"] in ("stop", "length")
    assert 1 <= sampling["tokens"] <= 24
    assert len({t for ts in texts(frame).values() for t in ts}) == 12  # seeds differ, so answers do


def test_order_and_company_change_nothing(tmp_path, tiny):
    together = respond(tmp_path / "a", tiny)
    turned = respond(tmp_path / "b", tiny, PROMPTS[::-1], shards=2)
    alone = respond(tmp_path / "c", tiny, PROMPTS[2:3])
    assert texts(turned) == texts(together)
    assert texts(alone)["p2"] == texts(together)["p2"]


def test_another_seed_gives_other_candidates(tmp_path, tiny):
    rows = make_rows(tmp_path / "rows", "prompts", PROMPTS[:1])
    found = []
    for seed in (1, 2):
        job, _ = make_job(tmp_path / str(seed), {"base": tiny}, seed)
        found.append(next(iter(Respond(model="base", n=1, max_tokens=24).rewrite(rows, job))))
    assert texts(found[0]) != texts(found[1])


def test_written_responses_stay_first(tmp_path, tiny):
    written = {"text": "はい。", "engine": "written"}
    frame = respond(tmp_path, tiny, [PROMPTS[0] | {"responses": [written]}])
    responses = frame["responses"].to_list()[0]
    assert [r["engine"] for r in responses] == ["written"] + ["transformers"] * 3
    assert responses[0]["text"] == "はい。"
    assert responses[0]["id"] == row_id("p0", "written", None, "はい。")


def test_a_system_message_is_asked_and_recorded(tmp_path, tiny):
    own = [{"role": "system", "content": "短く。"}, *user("返品できますか。")]
    frame = respond(tmp_path, tiny, [PROMPTS[0], {"id": "own", "prompt": own}], system="丁寧に。")
    first, second = frame["prompt"].to_list()
    assert [m["content"] for m in first] == ["丁寧に。", "精米とは何ですか。"]
    assert second == own


def test_a_row_that_cannot_be_asked_is_given_back(tmp_path, tiny):
    long = {"id": "long", "prompt": user("玄米" * 400)}
    empty = {"id": "empty", "prompt": None}
    frame = respond(tmp_path, tiny, [PROMPTS[0], long, empty])
    assert frame.filter(pl.col("reason").is_null())["id"].to_list() == ["p0"]
    bad = dict(frame.filter(pl.col("reason") == "failed").select("id", "detail").iter_rows())
    assert set(bad) == {"long", "empty"}
    assert "leaves no room" in bad["long"]
    assert bad["empty"] == "the prompt has no messages"


def test_an_absolute_path_is_not_recorded(tmp_path, tiny):
    job, _ = make_job(tmp_path)
    rows = make_rows(tmp_path / "rows", "prompts", PROMPTS[:1])
    frame = next(iter(Respond(model=str(tiny), n=1, max_tokens=4).rewrite(rows, job)))
    assert frame["responses"].to_list()[0][0]["model"] == tiny.name


def test_a_finished_journal_asks_nothing(tmp_path, tiny):
    first = respond(tmp_path, tiny)
    gone = tmp_path / "gone"  # no model is loaded: there is none
    step = Respond(model="base", n=3, max_tokens=24)
    job, bars = make_job(tmp_path, {"base": tiny})
    tiny.rename(gone)
    try:
        again = pl.concat(step.rewrite(make_rows(tmp_path / "rows", "prompts", PROMPTS), job))
    finally:
        gone.rename(tiny)
    assert_frame_equal(again, first)
    assert (bars[0].total, bars[0].done) == (12, 12)


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tiny_model import PROMPTS_FOR_KILL, make_job, make_rows
from generate.respond import Respond
folder, place = Path(sys.argv[1]), Path(sys.argv[2])
job, _ = make_job(folder, {{"base": place}})
rows = make_rows(folder / "rows", "prompts", PROMPTS_FOR_KILL)
for _ in Respond(model="base", n=3, max_tokens=24).rewrite(rows, job):
    pass
"""


def test_a_killed_run_goes_on_with_the_same_candidates(tmp_path, tiny):
    from tiny_model import PROMPTS_FOR_KILL

    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(KILLED.format(tests=str(Path(__file__).parent))))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen(
        [sys.executable, script, tmp_path / "killed", tiny], env=environment, stderr=subprocess.DEVNULL
    )
    journal = tmp_path / "killed" / "journal.jsonl"
    while process.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < 5):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    kept = journal.read_bytes().count(b"\n")
    with journal.open("ab") as f:
        f.write(b'{"key":"torn')
    resumed = respond(tmp_path / "killed", tiny, PROMPTS_FOR_KILL)
    lines = journal.read_bytes().splitlines()
    assert 5 <= kept < len(PROMPTS_FOR_KILL)
    assert len(lines) == len({json.loads(line)["key"] for line in lines}) == len(PROMPTS_FOR_KILL)
    assert_frame_equal(resumed, respond(tmp_path / "whole", tiny, PROMPTS_FOR_KILL))


def test_an_adapter_on_its_base(tmp_path, tiny):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(tiny / "model")
    config = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, lora_alpha=64)
    get_peft_model(base, config).save_pretrained(tmp_path / "adapted" / "model")
    adapted = texts(respond(tmp_path / "a", tmp_path / "adapted", PROMPTS[:1]))
    assert adapted == texts(respond(tmp_path / "b", tmp_path / "adapted", PROMPTS[:1]))
    assert adapted != texts(respond(tmp_path / "c", tiny, PROMPTS[:1]))


def test_a_model_without_a_chat_template_gets_headings(tmp_path):
    from generate.engines.prompt_tokens import prompt_tokens

    tokenizer = save_tokenizer(tmp_path)
    tokenizer.chat_template = None
    tokens = prompt_tokens(tokenizer, [{"role": "system", "content": "短く。"}, *user("はい？")])
    assert tokenizer.decode(tokens) == "短く。\n\n### 指示:\nはい？\n\n### 応答:\n"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"engine": "server"}, "url and engine: server go together"),
        ({"url": "http://localhost:1"}, "url and engine: server go together"),
        ({"python": "python3"}, "it goes with engine: vllm"),
        ({"temperature": 0}, "temperature 0 gives the same answer n times"),
        ({"n": 65}, "less than or equal to 64"),
    ],
)
def test_settings_that_do_not_fit_are_refused(parameters, said):
    with pytest.raises(ValidationError, match=said):
        Respond(model="base", **parameters)


@pytest.mark.parametrize("place", ["/nowhere/model", "./nowhere"])
def test_a_missing_model_is_named(tmp_path, place):
    with pytest.raises(SeimaiError, match=f"the model {place} is not there"):
        respond(tmp_path, Path(place)) if place.startswith("/") else _direct(tmp_path, place)


def _direct(folder: Path, place: str) -> None:
    job, _ = make_job(folder)
    list(Respond(model=place).rewrite(make_rows(folder / "rows", "prompts", PROMPTS), job))


def test_a_folder_without_a_model_is_named(tmp_path):
    (tmp_path / "empty" / "model").mkdir(parents=True)
    with pytest.raises(SeimaiError, match="holds no model"):
        respond(tmp_path, tmp_path / "empty")


def test_no_vllm_says_how_to_install_it(tmp_path, tiny):
    with pytest.raises(SeimaiError, match=r"vLLM is not installed for .*pip install 'vllm"):
        respond(tmp_path, tiny, engine="vllm", python=sys.executable)
    with pytest.raises(SeimaiError, match="python: /nowhere/python cannot be run"):
        respond(tmp_path, tiny, engine="vllm", python="/nowhere/python")
