"""`curate.semantic_dedup`."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.embeddings import kmeans, measure
from curate.embeddings.encoder import local_folder, open_encoder
from curate.embeddings.vectors import cosines, reached, units, whole
from curate.semantic_dedup import SemanticDedup
from seimai.dataset import Dataset, Rows, Shard, write_parquet
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

Select = Callable[..., pl.DataFrame]
ANGLES = {"米": 0, "飯": 20, "稲": 40, "車": 90, "駅": 180}
"""Degrees of the words of the literal tests."""


def static_model(folder: Path, vectors: dict[str, Any], unknown: str = "[UNK]", **tensors: Any) -> Path:
    """A static model as model2vec writes it; a token is a character."""
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = [unknown, *vectors]
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    size = len(next(iter(vectors.values())))
    matrix = np.array([np.full(size, 9.0), *vectors.values()], np.float32)
    save_file({"embeddings": matrix, **tensors}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"normalize": True}))
    return folder


@pytest.fixture
def angles(tmp_path: Path) -> str:
    turns = {w: np.radians(a) for w, a in ANGLES.items()}
    return str(static_model(tmp_path / "angles", {w: [np.cos(t), np.sin(t)] for w, t in turns.items()}))


LETTERS = [chr(0x4E00 + n) for n in range(300)]


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A vector of chance a letter: texts are alike that share letters, in any order."""
    dice = np.random.default_rng(0)
    vectors = dict(zip(LETTERS, dice.normal(size=(300, 48)), strict=True))
    return str(static_model(tmp_path_factory.mktemp("encoder") / "letters", vectors))


def documents(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"d{n}" for n in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String}
    )


def families(number: int, seed: int) -> pl.DataFrame:
    """Texts in families: the same letters in another order, up to 12 of 40 changed."""
    dice = np.random.default_rng(seed)
    texts: list[str] = []
    for _ in range(number):
        base = dice.choice(300, 40)
        for _ in range(dice.integers(1, 5)):
            other = dice.permutation(base)
            some = dice.integers(0, 12)
            other[:some] = dice.choice(300, some)
            texts.append("".join(LETTERS[n] for n in other))
    return documents(*(texts[n] for n in dice.permutation(len(texts))))


def gone(verdicts: pl.DataFrame) -> pl.DataFrame:
    return verdicts.filter(pl.col("reason").is_not_null())


def test_the_longest_stays_and_names_the_others(select: Select, angles: str) -> None:
    rows = documents("米米", "車", "米米米米飯", "米", "駅", "米 米")
    found = select(SemanticDedup(encoder=angles, threshold=0.95), rows)
    expected = pl.DataFrame(
        {
            "row": [0, 2, 3, 5],
            "reason": ["duplicate", None, "duplicate", "duplicate"],
            "duplicate_of": ["d2", None, "d2", "d2"],
            "cluster": ["d0"] * 4,
            "cluster_size": [4] * 4,
            "similarity": [found["similarity"][0], None, found["similarity"][0], found["similarity"][0]],
        },
        schema_overrides={"row": pl.UInt64, "cluster_size": pl.UInt32},
    )
    assert_frame_equal(found, expected)
    turn = np.arctan2(np.sin(np.radians(20)), 4 + np.cos(np.radians(20)))
    assert found["similarity"][0] == pytest.approx(np.cos(turn), abs=3e-4)


def test_no_chain_forms(select: Select, angles: str) -> None:
    """米 and 飯 are 20° apart, 飯 and 稲 too, 米 and 稲 40°: whoever comes first decides who goes."""
    step = SemanticDedup(encoder=angles, threshold=0.9, keep="first")
    found = gone(select(step, documents("米", "飯", "稲")))
    assert found.rows_by_key("row", named=True).keys() == {1}
    assert found["duplicate_of"].to_list() == ["d0"]
    found = gone(select(step, documents("飯", "米", "稲")))
    assert found["duplicate_of"].to_list() == ["d0", "d0"]
    found = gone(select(step, documents("米", "稲", "飯")))
    assert found["row"].to_list() == [2]
    assert found["similarity"][0] == pytest.approx(np.cos(np.radians(20)), abs=3e-4)


def test_a_date_or_a_score_says_who_stays(select: Select, angles: str) -> None:
    rows = documents("米", "米米", "米米米", "車").with_columns(
        date=pl.Series(["2024-05-01", "2023", None, "2020"]), points=pl.Series([1.0, 3.0, 2.0, 0.0])
    )
    newest = gone(select(SemanticDedup(encoder=angles, threshold=0.9, keep="newest", by="date"), rows))
    assert newest["duplicate_of"].to_list() == ["d0", "d0"]
    best = gone(select(SemanticDedup(encoder=angles, threshold=0.9, keep="best", by="points"), rows))
    assert best["duplicate_of"].to_list() == ["d1", "d1"]
    with pytest.raises(SeimaiError, match="no column 'year'"):
        select(SemanticDedup(encoder=angles, threshold=0.9, keep="best", by="year"), rows)


def test_the_best_of_copies_stays_for_all(select: Select, angles: str) -> None:
    rows = documents("米", "米飯", "米").with_columns(points=pl.Series([0.0, 1.0, 1.0]))
    found = gone(select(SemanticDedup(encoder=angles, threshold=0.9, keep="best", by="points"), rows))
    assert found.select("row", "duplicate_of").rows() == [(0, "d1"), (2, "d1")]


def test_texts_without_known_tokens_are_like_none(select: Select, angles: str) -> None:
    rows = documents("", None, "謎", "謎謎", "米", "謎")
    found = gone(select(SemanticDedup(encoder=angles, threshold=0.5), rows))
    assert found.select("row", "duplicate_of", "similarity").rows() == [(1, "d0", 1.0), (5, "d2", 1.0)]


def test_without_a_threshold_only_copies_go_and_the_files_show_what_would(
    select: Select, angles: str, tmp_path: Path
) -> None:
    found = select(SemanticDedup(encoder=angles), documents("米", "飯", "車", "米"))
    assert gone(found)["row"].to_list() == [3]
    (folder,) = tmp_path.glob("*/out")
    table = (folder / "thresholds.txt").read_text("utf-8")
    assert "4 documents, 1 of them copies" in table
    lines = {line.split()[0]: line.split()[1:5] for line in table.splitlines() if line.strip()[:1].isdigit()}
    assert lines["0.94"] == ["0.0", "%", "25.0", "%"]  # the copy
    assert lines["0.92"] == ["66.7", "%", "50.0", "%"]  # 米 and 飯 are alike, one would go
    assert (folder / "thresholds.svg").read_text("utf-8").startswith("<svg")
    pairs = [json.loads(line) for line in (folder / "pairs.jsonl").read_text("utf-8").splitlines()]
    assert pairs[0] == {"similarity": 0.9397, "a": "d0", "b": "d1", "text_a": "米", "text_b": "飯"}


@pytest.fixture
def small_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many cells and files, as in a large corpus."""
    monkeypatch.setattr(measure, "cells_of", lambda rows: max(1, rows // 20))  # pyright: ignore
    monkeypatch.setattr(measure, "FILE_ROWS", (64, 64))


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_do_not_depend_on_shards_and_workers(
    select: Select, letters: str, small_cells: None, seed: int
) -> None:
    rows = families(150, seed)
    n = rows.height
    step = SemanticDedup(encoder=letters, threshold=0.85)
    expected = select(step, rows)
    assert gone(expected).height > 50
    assert_frame_equal(select(step, rows, 1, 0, n // 2, n - n // 2 - 1), expected)
    if not seed:
        assert_frame_equal(select(step, rows, n // 3, n - n // 3, workers=2), expected)


def chosen(encoder: str, rows: pl.DataFrame, threshold: float) -> dict[int, int]:
    """The choice among all pairs, one row after another: who goes, and for whom."""
    texts = rows["text"].to_list()
    vectors = units(whole(open_encoder(Path(encoder)).encode(texts, "")))
    likeness = cosines(vectors, vectors)
    stays: list[int] = []
    found: dict[int, int] = {}
    for row in sorted(range(len(texts)), key=lambda n: (-len(texts[n]), n)):
        alike = [s for s in stays if likeness[row, s] >= reached(threshold)]
        if alike:
            found[row] = max(alike, key=lambda s: (likeness[row, s], -s))
        else:
            stays.append(row)
    return found


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), threshold=st.sampled_from([0.6, 0.8, 0.9]))
def test_one_cell_gives_the_choice_among_all_pairs(
    letters: str, tmp_path_factory: pytest.TempPathFactory, seed: int, threshold: float
) -> None:
    rows = families(60, seed)
    found = gone(
        run(tmp_path_factory.mktemp("run"), rows, SemanticDedup(encoder=letters, threshold=threshold))
    )
    ours = {row: int(stays[1:]) for row, stays in found.select("row", "duplicate_of").iter_rows()}
    assert ours == chosen(letters, rows, threshold)


@pytest.mark.parametrize("threshold", [0.7, 0.9])
def test_cells_keep_every_promise(select: Select, letters: str, small_cells: None, threshold: float) -> None:
    rows = families(300, 5)
    found = gone(select(SemanticDedup(encoder=letters, threshold=threshold), rows))
    all_pairs = chosen(letters, rows, threshold)
    assert len(set(found["row"]) ^ set(all_pairs)) <= 0.02 * len(all_pairs)
    assert (found["similarity"] >= threshold).all()
    stay = set(range(rows.height)) - set(found["row"])
    assert {int(s[1:]) for s in found["duplicate_of"]} <= stay
    length = rows["text"].str.len_chars()
    for row, stays in found.select("row", "duplicate_of").iter_rows():
        assert (length[int(stays[1:])], -int(stays[1:])) > (length[row], -row)


@pytest.mark.parametrize("seed", range(4))
def test_where_all_pairs_meet_the_same_rows_go(
    select: Select, letters: str, small_cells: None, seed: int
) -> None:
    """Not for the same row each: one that goes in an early turn does not wait for a more similar one."""
    rows = families(120, seed)
    found = gone(select(SemanticDedup(encoder=letters, threshold=0.75, recall=1.0), rows))
    assert set(found["row"]) == set(chosen(letters, rows, 0.75))


def test_one_giant_cluster_has_one_leader(select: Select, letters: str) -> None:
    dice = np.random.default_rng(0)
    base = dice.choice(300, 60)
    texts = ["".join(LETTERS[n] for n in dice.permutation(base)) for _ in range(21_000)]
    found = gone(select(SemanticDedup(encoder=letters, threshold=0.99), documents(*texts), 10_000, 11_000))
    assert found.height == 20_999
    assert found["duplicate_of"].unique().to_list() == ["d0"]


class Killed(Exception):
    pass


class Mortal(LocalExecutor):
    """Dies after some tasks."""

    def __init__(self, tasks: int) -> None:
        super().__init__(1)
        self.left = tasks

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        for task in tasks:
            if not self.left:
                raise Killed
            self.left -= 1
            yield work(task)


def run(
    folder: Path, rows: pl.DataFrame, step: SemanticDedup, executor: LocalExecutor | None = None
) -> pl.DataFrame:
    (folder / "work").mkdir(exist_ok=True)
    write_parquet(rows, folder / "rows.parquet")
    job = Job("c", 1, folder / "work", folder / "out", executor or LocalExecutor(1), Display().bar)
    return pl.concat(step.select(Rows((Shard(folder / "rows.parquet", rows.height),)), job))


def test_a_killed_run_ends_the_same(
    letters: str, small_cells: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.embeddings.embed.BLOCK", 64)
    rows, step = families(100, 3), SemanticDedup(encoder=letters, threshold=0.85)
    (tmp_path / "whole").mkdir()
    expected = run(tmp_path / "whole", rows, step)
    for tasks in (3, 8, 14, 22, 30):
        folder = tmp_path / str(tasks)
        folder.mkdir()
        with pytest.raises(Killed):
            run(folder, rows, step, Mortal(tasks))
        assert_frame_equal(run(folder, rows, step), expected)
        for name in ("thresholds.txt", "thresholds.svg", "pairs.jsonl"):
            assert (folder / "out" / name).read_bytes() == (tmp_path / "whole/out" / name).read_bytes()


def test_a_recipe_names_the_encoder(tmp_path: Path, angles: str) -> None:
    texts = ["米米米", "車", "飯飯"]
    (tmp_path / "in.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in texts), "utf-8")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(
        "name: r\nseed: 1\nc:\n  from: {files: in.jsonl}\n  steps:\n"
        "    - curate.semantic_dedup: {encoder: angles, threshold: 0.9}\n",
        "utf-8",
    )
    executor = LocalExecutor(1)
    passes, _ = Runner(load_recipe(recipe), tmp_path / "out", executor, Display()).run(["c"])
    made = Dataset(passes[-1].directory)
    assert made.kept.read(["text"])["text"].to_list() == ["米米米", "車"]
    dropped = made.dropped.read()
    assert dropped["dropped_by"].to_list() == ["curate.semantic_dedup.duplicate"]
    assert dropped["duplicate_of"].to_list() == made.kept.read(["id"])["id"].to_list()[:1]
    assert (made.path / "captured/thresholds.txt").is_file()


def test_products_of_vectors_do_not_depend_on_the_order_of_adding() -> None:
    dice = np.random.default_rng(0)
    for size in (48, 1024):
        a, b = (units(whole(dice.normal(size=(300, size)))) for _ in range(2))
        order = dice.permutation(size)
        turned = [type(u)(np.ascontiguousarray(u.values[:, order]), u.scale) for u in (a, b)]
        assert (cosines(*turned) == cosines(a, b)).all()
        assert (cosines(a, type(b)(b.values[:1], b.scale[:1]))[:, 0] == cosines(a, b)[:, 0]).all()


def test_static_vectors_are_weighted_means(tmp_path: Path) -> None:
    tensors = {"weights": np.array([5.0, 1.0, 2.0]), "mapping": np.array([0, 2, 1])}
    folder = static_model(tmp_path / "m", {"米": [1.0, 0.0], "飯": [0.0, 1.0]}, **tensors)
    found = open_encoder(folder).encode(["米飯飯", "飯謎", "", "米" * 200_000 + "飯"], "")
    assert found.tolist() == [[4.0, 1.0], [2.0, 0.0], [0.0, 0.0], [2.0, 200_000.0]]
    assert open_encoder(folder).encode(["飯"], "米").tolist() == [[2.0, 1.0]]


def test_sentence_transformers_static_layout(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = static_model(tmp_path / "m" / "0_StaticEmbedding", {"米": [1.0, 0.0], "飯": [0.0, 1.0]})
    tensors = load_file(folder / "model.safetensors")
    save_file({"embedding.weight": tensors["embeddings"]}, folder / "model.safetensors")
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.StaticEmbedding"}]
    (tmp_path / "m/modules.json").write_text(json.dumps(modules))
    assert open_encoder(tmp_path / "m").encode(["米米飯", "謎"], "").tolist() == [[2.0, 1.0], [9.0, 9.0]]


@pytest.mark.parametrize("package", ["tokenizers", "safetensors.numpy"])
def test_a_missing_package_names_the_extra(
    angles: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SeimaiError, match=r"needs the package .*pip install 'seimai\[semantic\]'"):
        open_encoder.__wrapped__(Path(angles))


def test_what_is_no_encoder_is_refused(tmp_path: Path, angles: str, select: Select) -> None:
    with pytest.raises(SeimaiError, match=r"neither modules\.json nor config\.json"):
        open_encoder(tmp_path)
    with pytest.raises(SeimaiError, match="is no folder"):
        local_folder(str(tmp_path / "nowhere"))
    model = Path(angles) / "model.safetensors"
    model.write_bytes(model.read_bytes()[:40])
    with pytest.raises(SeimaiError, match="holds no encoder that can be read"):
        select(SemanticDedup(encoder=angles, threshold=0.9), documents("米"))


def test_fewer_vectors_than_tokens_are_refused(tmp_path: Path) -> None:
    folder = static_model(tmp_path / "m", {"米": [1.0, 0.0]}, mapping=np.array([0]))
    with pytest.raises(SeimaiError, match=r"fewer vectors than its tokenizer.json has tokens \(2\)"):
        open_encoder(folder)


def test_keep_and_by_go_together() -> None:
    with pytest.raises(ValidationError, match="go together with by"):
        SemanticDedup(encoder="m", threshold=0.9, keep="best")


def test_cells_are_few() -> None:
    assert kmeans.cells_of(1_000_000) == 250


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sentence-transformers: a tiny BERT of chance, mean and first token, a dense layer."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LETTERS]
    plain = Tokenizer(models.WordLevel({w: n for n, w in enumerate(words)}, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    plain.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=plain, **names).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=48,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    kinds = ("Transformer", "Pooling", "Dense", "Normalize")
    modules = [
        {
            "idx": n,
            "name": str(n),
            "path": f"{n}_{kind}" if n else "",
            "type": f"sentence_transformers.models.{kind}",
        }
        for n, kind in enumerate(kinds)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 50}')
    (folder / "1_Pooling").mkdir()
    pooling = {"embedding_dimension": 32, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    (folder / "2_Dense").mkdir()
    activation = "torch.nn.modules.activation.Tanh"
    dense = {"in_features": 64, "out_features": 24, "bias": True, "activation_function": activation}
    (folder / "2_Dense/config.json").write_text(json.dumps(dense))
    layer = {"linear.weight": torch.randn(24, 64), "linear.bias": torch.randn(24)}
    save_file(layer, folder / "2_Dense/model.safetensors")
    return folder


@pytest.mark.train
def test_a_transformer_gives_what_its_parts_give(bert: Path) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    texts = ["".join(LETTERS[:n]) for n in (3, 40, 17)]
    model, tokenizer = AutoModel.from_pretrained(bert), AutoTokenizer.from_pretrained(bert)
    layer = load_file(bert / "2_Dense/model.safetensors")
    expected = []
    for text in texts:
        with torch.no_grad():
            tokens = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0]
            both = torch.cat([tokens[0], tokens.mean(dim=0)])
            vector = torch.tanh(layer["linear.weight"] @ both + layer["linear.bias"])
        expected.append((vector / vector.norm()).numpy())
    encoder = open_encoder(bert)
    assert encoder.size == 24
    found = encoder.encode([*texts, "", "".join(LETTERS) * 300], "")
    assert np.abs(found[:3] - np.array(expected)).max() < 1e-5
    assert not found[3].any()
    assert 0 < np.linalg.norm(found[4]) <= 8.0001  # eight windows, each of length 1


@pytest.mark.train
def test_a_long_text_is_read_in_windows(bert: Path) -> None:
    encoder = open_encoder(bert)
    parts = ["".join(LETTERS[n : n + 48]) for n in (0, 48, 96)]
    whole_text, *apart = encoder.encode(["".join(parts), *parts], "")
    assert np.abs(whole_text - sum(apart)).max() < 1e-5
    assert (
        np.abs(encoder.encode([parts[0][1:]], parts[0][:1]) - apart[0]).max() < 1e-5
    )  # a prompt stands before
    with pytest.raises(SeimaiError, match="longer than what the encoder reads"):
        encoder.encode(["米"], "".join(LETTERS[:60]))


@pytest.mark.train
def test_a_transformers_verdicts_do_not_depend_on_shards_and_workers(select: Select, bert: Path) -> None:
    rows = families(40, 1)
    n = rows.height
    step = SemanticDedup(encoder=str(bert), threshold=0.97)
    expected = select(step, rows)
    assert gone(expected).height > 5
    assert_frame_equal(select(step, rows, 1, n // 2, n - n // 2 - 1), expected)
    assert_frame_equal(select(step, rows, n // 3, n - n // 3, workers=2), expected)


@pytest.mark.train
def test_parts_that_are_not_known_are_refused(bert: Path, tmp_path: Path) -> None:
    kinds = [
        {"type": "sentence_transformers.models.Transformer", "path": ""},
        {"type": "x.LSTM", "path": "1"},
    ]
    (tmp_path / "modules.json").write_text(json.dumps(kinds))
    with pytest.raises(SeimaiError, match=r"cannot read a model of Transformer, LSTM"):
        open_encoder(tmp_path)


@pytest.mark.slow
def test_an_encoder_from_the_corpora_knows_what_people_call_alike(shared: Path, tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "benchmarks/semantic.py"
    spec = importlib.util.spec_from_file_location("semantic_benchmark", source)
    assert spec
    assert spec.loader
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    texts = benchmark.corpus(shared / "data", 3_000_000)
    benchmark.train(texts, tmp_path / "m", pieces=6000, size=128)
    from scipy.stats import spearmanr

    encoder = open_encoder(tmp_path / "m")
    for name, least, same in (("jsts_similarity", 0.6, 4.0), ("jsick_pairs", 0.7, 4.5)):
        values, score = benchmark.judged(shared / "data", name, encoder)
        assert spearmanr(values, score).statistic > least
        cut = benchmark.cut_off(values, score >= same, 0.6)
        assert (score[values >= cut] >= same).mean() >= 0.6
        assert (score >= same).mean() < 0.15
