"""The four trainings, one after the other, each in its own process."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tiny_trainings import Made, chat_frame, chats, do, documents, pair_frame, pairs, said, text_frame

from seimai.errors import SeimaiError
from train.cpt import Cpt
from train.dpo import Dpo
from train.likelihood import Scored, log_likelihoods
from train.lora import Lora
from train.model import ADAPTER, full_model
from train.pretrain import Pretrain
from train.sft import Sft

pytestmark = pytest.mark.train
LORA = Lora(r=4)


@pytest.fixture(scope="session")
def read(base: Made, runs: Path, general: Path) -> Made:
    """An adapter from continued pre-training."""
    step = Cpt(
        model="base", lora=LORA, max_length=64, epochs=2, learning_rate=1e-2, batch_size=8, general="general"
    )
    return do(step, text_frame(documents()[:120]), runs / "read-0", base=base.folder, general=general)


@pytest.fixture(scope="session")
def assistant(read: Made, runs: Path) -> Made:
    """An adapter from instruction tuning, on top of an adapter."""
    bad = [said("user", "聞こえますか。"), said("user", "米" * 200) + said("assistant", "はい。")]
    step = Sft(model="read", lora=LORA, max_length=96, epochs=2, learning_rate=1e-2)
    return do(step, chat_frame(chats() + bad), runs / "assistant-0", read=read.folder)


@pytest.fixture(scope="session")
def aligned(base: Made, runs: Path, general: Path) -> Made:
    """An adapter from preferences, on a full model."""
    good = pairs()[:48]
    bad = [good[0] | {"rejected": good[0]["chosen"]}, good[1] | {"rejected": said("assistant", " ")}]
    held_out = runs / "held_out.jsonl"
    held_out.write_text("\n".join(json.dumps(p, ensure_ascii=False) for p in pairs()[48:]), "utf-8")
    step = Dpo(
        model="base",
        lora=LORA,
        max_length=96,
        epochs=2,
        learning_rate=5e-3,
        held_out="held_out",
        general="general",
    )
    frame = pair_frame(good + bad)
    return do(step, frame, runs / "aligned-0", base=base.folder, held_out=held_out, general=general)


def files(made: Made) -> dict[str, bytes]:
    return {
        p.relative_to(made.model).as_posix(): p.read_bytes() for p in made.model.rglob("*") if p.is_file()
    }


def likelihood(place: Path, into: Path) -> float:
    from transformers import AutoModelForCausalLM

    model: Any = AutoModelForCausalLM.from_pretrained(full_model(str(place), into=into))
    ids = list(range(20, 60))
    return log_likelihoods(model, [Scored(ids, [True] * len(ids))])[0]


def test_pretraining_learns_the_language(base: Made) -> None:
    for on in ("general", "held-out documents"):
        before, after = base.measured("perplexity", on)
        assert before == pytest.approx(400, rel=0.1)  # random weights know as much as a die with 400 sides
        assert after < before / 2
    assert base.metrics["rows"] == {"trained": 232, "held_out": 8, "left_out": {"empty": 2}}


def test_progress_reaches_the_bar(base: Made) -> None:
    (bar,) = base.bars
    assert (bar.label, bar.unit, bar.done) == ("train.pretrain", "steps", bar.total)
    assert bar.notes[0].startswith("loss ")


def test_same_seed_same_bytes(
    base: Made, pretrain: Pretrain, tokenizer: Made, general: Path, tmp_path: Path
) -> None:
    frame = text_frame([*documents(), "", None])
    again = do(pretrain, frame, tmp_path / "elsewhere", tokenizer=tokenizer.folder, general=general)
    assert files(again) == files(base)
    assert again.metrics == base.metrics


def test_an_interrupted_training_goes_on_to_the_same_bytes(
    base: Made, pretrain: Pretrain, tokenizer: Made, general: Path, tmp_path: Path
) -> None:
    step = pretrain.model_copy(update={"save_steps": 3})
    frame, folder = text_frame([*documents(), "", None]), tmp_path / "interrupted"
    places = {"tokenizer": tokenizer.folder, "general": general}
    with pytest.raises(KeyboardInterrupt):
        do(step, frame, folder, stop_at=8, **places)
    assert not list((folder / "model").iterdir())
    # A checkpoint that the kill cut short is newer, and is not taken.
    (folder / "work" / "checkpoints" / "checkpoint-9").mkdir(exist_ok=True)
    (folder / "work" / "checkpoints" / "checkpoint-9" / "trainer_state.json").write_text("{", "utf-8")
    went_on = do(step, frame, folder, **places)
    assert went_on.bars[0].done == went_on.bars[0].total
    assert "loss" in went_on.bars[0].notes[0]
    assert len(went_on.bars[0].notes) < len(base.bars[0].notes)
    assert files(went_on) == files(base)


def test_an_adapter_names_its_base_so_that_runs_can_be_moved(read: Made, runs: Path, tmp_path: Path) -> None:
    settings = json.loads((read.model / ADAPTER).read_text("utf-8"))
    assert settings["base_model_name_or_path"] == "../../base-0/model"
    assert settings["target_modules"] == sorted(settings["target_modules"])  # the same in every process
    here = likelihood(read.folder, tmp_path / "a")
    for name in ("base-0", "read-0"):
        shutil.copytree(runs / name, tmp_path / "moved" / name)
    assert likelihood(tmp_path / "moved" / "read-0", tmp_path / "b") == here


def test_continued_pretraining_helps_on_both_texts(read: Made) -> None:
    for on in ("general", "held-out documents"):
        before, after = read.measured("perplexity", on)
        assert after < before


def test_an_adapter_on_an_adapter_brings_its_merged_base(read: Made, assistant: Made, tmp_path: Path) -> None:
    settings = json.loads((assistant.model / ADAPTER).read_text("utf-8"))
    assert settings["base_model_name_or_path"] == "base"
    inside = likelihood(assistant.model / "base", tmp_path / "a")
    assert inside == pytest.approx(likelihood(read.folder, tmp_path / "b"), rel=1e-6)
    moved = shutil.copytree(assistant.folder, tmp_path / "alone")
    assert likelihood(moved, tmp_path / "c") == likelihood(assistant.folder, tmp_path / "d")


def test_conversations_without_an_answer_are_left_out_and_counted(assistant: Made) -> None:
    before, after = assistant.measured("perplexity", "held-out answers")
    assert after < before
    rows = assistant.metrics["rows"]
    assert rows["left_out"] == {"no_assistant_turn": 1, "cut_before_the_answer": 1}
    assert rows["trained"] + rows["held_out"] == len(chats())


def test_preference_is_learnt_and_the_language_kept(aligned: Made) -> None:
    before, after = aligned.measured("preference margin", "held_out")
    assert after > before != 0
    accuracy_before, accuracy_after = aligned.measured("preference accuracy", "held_out")
    assert accuracy_after >= accuracy_before
    before, after = aligned.measured("perplexity", "general")
    assert after < 1.5 * before


def test_pairs_that_teach_nothing_are_left_out_and_counted(aligned: Made) -> None:
    rows = aligned.metrics["rows"]
    assert rows == {"trained": 48, "held_out": 16, "left_out": {"empty": 1, "same": 1}, "cut": 0}


def test_nothing_in_a_models_folder_names_this_machine(assistant: Made, aligned: Made, runs: Path) -> None:
    for made in (assistant, aligned):
        assert not (made.model / "README.md").exists()
        assert not [name for name, data in files(made).items() if str(runs).encode() in data]
        assert str(runs) not in json.dumps(made.metrics)


def test_rows_that_all_teach_nothing_are_refused(base: Made, tmp_path: Path) -> None:
    same: list[dict[str, Any]] = [p | {"rejected": p["chosen"]} for p in pairs()[:5]]
    with pytest.raises(SeimaiError, match=r"train\.dpo: none of the 5 rows can be trained on \(same: 5\)"):
        do(Dpo(model="base"), pair_frame(same), tmp_path / "nothing", base=base.folder)


def test_a_tokenizer_larger_than_the_model_is_refused(base: Made, tmp_path: Path) -> None:
    shutil.copytree(base.model, tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text("utf-8"))
    (tmp_path / "model" / "config.json").write_text(json.dumps(config | {"vocab_size": 300}), "utf-8")
    with pytest.raises(SeimaiError, match="has 400 tokens, its model fewer embeddings"):
        do(Cpt(model="small"), text_frame(documents()[:9]), tmp_path / "out", small=tmp_path / "model")


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ValueError, match="no even multiple of 3 heads"):
        Pretrain(tokenizer="t", hidden_size=32, heads=3)


def test_full_training_of_an_adapter_gives_a_full_model(read: Made, tmp_path: Path) -> None:
    step = Dpo(model="read", max_length=96, epochs=1, learning_rate=1e-3, batch_size=16)
    made = do(step, pair_frame(pairs()[:40]), tmp_path / "full", read=read.folder)
    assert (made.model / "config.json").is_file()
    assert not (made.model / ADAPTER).exists()
    assert not (made.model / "base").exists()
    assert made.metrics["rows"]["held_out"] == 8
    assert pl.DataFrame(made.metrics["before_after"])["measure"].to_list() == [
        "preference accuracy",
        "preference margin",
    ]
