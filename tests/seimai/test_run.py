"""The runner on small inputs, in this process unless the test is about processes."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from mycompany.steps.loud import Loud

from seimai.dataset import Dataset, open_dataset
from seimai.errors import SeimaiError, Waiting
from seimai.ledger import Ledger
from seimai.plan import Pass

RECIPE = """\
seed: 1
corpus:
  from: {files: "texts/*.jsonl", license: CC0-1.0}
  steps:
    - mycompany.steps.shout
    - mycompany.steps.loud
    - mycompany.steps.twins
    - mycompany.steps.kanji
short:
  from: corpus
  steps: [mycompany.steps.tag]
"""
TEXTS = {
    "texts/a.jsonl": ["米を炊く", "爆発", "あ", "うるさい!!"],
    "texts/b.jsonl": ["米を炊く", "玄米と白米", "ひらがなだけ"],
}


@pytest.fixture
def recipe(write_recipe, write_texts) -> Path:
    for name, texts in TEXTS.items():
        write_texts(name, texts)
    return write_recipe(RECIPE)


def tree(folder: Path) -> dict[str, bytes]:
    """All that is in the datasets of an output folder; the ledger and the cache hold times."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.parent != folder
    }


def last(passes: list[Pass], entry: str) -> Dataset:
    return open_dataset([p for p in passes if p.entry == entry][-1].directory)


def names(passes: list[Pass]) -> list[str]:
    return [p.name for p in passes]


def test_files_become_a_dataset(recipe, make):
    passes, made = make(recipe)
    assert names(made) == names(passes)
    corpus = last(passes, "corpus")
    kept = corpus.kept.read()
    assert kept["text"].to_list() == ["米を炊く!", "玄米と白米!"]
    assert kept["license"].to_list() == ["CC0-1.0"] * 2
    assert kept["origin"].struct.field("file").to_list() == ["texts/a.jsonl", "texts/b.jsonl"]
    assert kept["origin"].struct.field("record").to_list() == [0, 1]
    assert {"bangs", "letters", "kanji_share"} <= set(kept.columns)
    assert last(passes, "short").kept.read()["tag"].to_list() == ["5", "6"]


def test_the_last_dropped_side_holds_the_drops_of_all_passes_of_its_entry(recipe, make):
    corpus = last(make(recipe)[0], "corpus")
    dropped = corpus.dropped.read().select("text", "dropped_by", "detail", "twin_of")
    first = corpus.kept.read()["id"][0]
    assert dropped.rows() == [
        ("爆発", "mycompany.steps.shout.failed", "ValueError: 爆発した", None),
        ("あ!", "mycompany.steps.loud.too_short", None, None),
        ("うるさい!!!", "mycompany.steps.loud.too_loud", None, None),
        ("米を炊く!", "mycompany.steps.twins.repeated", None, first),
        ("ひらがなだけ!", "mycompany.steps.kanji.too_few", None, None),
    ]
    assert corpus.kept.read().height + dropped.height == 7


def test_the_next_entry_does_not_repeat_its_parents_drops(recipe, make):
    assert len(last(make(recipe)[0], "short").dropped) == 0


def test_the_manifest_says_what_made_it_and_where_rows_went(recipe, make):
    passes, _ = make(recipe)
    manifest = last(passes, "corpus").manifest
    assert manifest["hash"] == next(p.hash for p in passes if p.name == "corpus")
    assert (manifest["name"], manifest["kind"]) == ("corpus", "documents")
    assert manifest["steps"] == [
        {"step": "mycompany.steps.kanji", "version": 1, "parameters": {"at_least": 0.2}}
    ]
    assert manifest["funnel"] == [
        {"step": "curate.read", "in": 7, "dropped": {}},
        {"step": "mycompany.steps.shout", "in": 7, "dropped": {"mycompany.steps.shout.failed": 1}},
        {
            "step": "mycompany.steps.loud",
            "in": 6,
            "dropped": {"mycompany.steps.loud.too_loud": 1, "mycompany.steps.loud.too_short": 1},
        },
        {"step": "mycompany.steps.twins", "in": 4, "dropped": {"mycompany.steps.twins.repeated": 1}},
        {"step": "mycompany.steps.kanji", "in": 3, "dropped": {"mycompany.steps.kanji.too_few": 1}},
    ]
    assert manifest["rows"]["kept"] == 2
    text = json.dumps(manifest)
    assert str(passes[0].directory.parent) not in text
    assert "time" not in text


def test_every_shard_is_as_the_manifest_says_and_nothing_else_is_there(recipe, make):
    import xxhash

    for p in make(recipe)[0]:
        manifest = json.loads((p.directory / "manifest.json").read_text("utf-8"))
        shards = [s for side in manifest["shards"].values() for s in side]
        for shard in shards:
            path = p.directory / shard["path"]
            assert pl.scan_parquet(path).select(pl.len()).collect().item() == shard["rows"]
            assert xxhash.xxh3_128_hexdigest(path.read_bytes()) == shard["xxh3"]
        there = {f.relative_to(p.directory).as_posix() for f in p.directory.rglob("*") if f.is_file()}
        assert there == {"manifest.json", *(s["path"] for s in shards)}
        assert not [d for d in p.directory.iterdir() if d.name.startswith(".")]


def test_a_second_run_makes_nothing(recipe, make, tmp_path: Path):
    make(recipe)
    before = tree(tmp_path / "out")
    assert make(recipe)[1] == []
    assert tree(tmp_path / "out") == before
    assert len(list(Ledger(tmp_path / "out").lines())) == 4


def test_a_touched_file_makes_nothing(recipe, make, tmp_path: Path):
    make(recipe)
    (tmp_path / "texts/a.jsonl").touch()
    assert make(recipe)[1] == []


def test_a_changed_file_makes_everything(recipe, make, write_texts):
    make(recipe)
    write_texts("texts/b.jsonl", ["白米"])
    assert len(make(recipe)[1]) == 4


def test_a_changed_late_step_makes_only_what_follows(recipe, make):
    make(recipe)
    passes, made = make(recipe, settings=["mycompany.steps.kanji.at_least=0.5"])
    assert names(made) == ["corpus", "short"]
    assert last(passes, "corpus").kept.read()["text"].to_list() == ["玄米と白米!"]


def test_a_changed_version_makes_what_follows(recipe, make, monkeypatch):
    make(recipe)
    monkeypatch.setattr(Loud, "version", 2)
    made = names(make(recipe)[1])
    assert made == [
        "corpus.mycompany.steps.loud",
        "corpus.mycompany.steps.twins",
        "corpus",
        "short",
    ]


def test_intermediate_passes_may_be_deleted(recipe, make, tmp_path: Path):
    make(recipe)
    shutil.rmtree(tmp_path / "out" / "passes")
    passes, made = make(recipe)
    assert made == []
    assert len(last(passes, "corpus").dropped) == 5
    last(passes, "corpus").dropped.read()
    shutil.rmtree(last(passes, "short").path)
    assert names(make(recipe)[1]) == ["short"]


def test_only_the_named_entry_is_made(recipe, make, tmp_path: Path):
    make(recipe, "corpus")
    assert not list((tmp_path / "out").glob("short-*"))
    assert names(make(recipe, "short")[1]) == ["short"]


def test_the_number_of_workers_changes_no_byte(write_recipe, write_texts, make, tmp_path: Path):
    for n in range(9):
        write_texts(f"texts/{n}.jsonl", [f"米の話{n}の{i}" * (1 + i % 3) for i in range(40)] + ["爆発", "あ"])
    recipe = write_recipe(RECIPE)
    make(recipe, out=tmp_path / "one")
    make(recipe, out=tmp_path / "two", workers=2)
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert sum(name.startswith("corpus-") and "/kept/" in name for name in one) == 9


def test_an_unfinished_directory_is_no_dataset(recipe, make):
    passes, _ = make(recipe, "corpus")
    (passes[-1].directory / "manifest.json").unlink()
    with pytest.raises(SeimaiError, match=r"holds no manifest\.json: it is not a finished dataset"):
        open_dataset(passes[-1].directory)
    assert names(make(recipe, "corpus")[1]) == ["corpus"]


def test_shards_that_a_failed_attempt_left_are_removed(recipe, make):
    passes, _ = make(recipe, "corpus")
    whole = passes[-1].directory
    before = tree(whole.parent)
    (whole / "manifest.json").unlink()
    shutil.copy(next((whole / "kept").iterdir()), whole / "kept" / "3-00009-0000.parquet")
    (whole / "kept" / ".3-00001-0000.parquet.17.tmp").write_bytes(b"torn")
    make(recipe, "corpus")
    assert tree(whole.parent) == before


def test_a_torn_record_line_of_the_ledger_is_passed_over(tmp_path: Path):
    (tmp_path / "ledger.jsonl").write_text('{"dataset": "a"}\n{"data', "utf-8")
    assert list(Ledger(tmp_path).lines()) == [{"dataset": "a"}]


# -- reading it elsewhere


def test_kept_reads_as_one_table(recipe, make):
    corpus = last(make(recipe)[0], "corpus")
    scanned = pl.scan_parquet(corpus.path / "kept" / "*.parquet").collect()
    assert scanned.equals(corpus.kept.read())


def test_parents_with_other_columns_become_one_table(write_recipe, write_texts, make):
    for name, texts in TEXTS.items():
        write_texts(name, texts)
    recipe = write_recipe(
        'a: {from: {files: "texts/a*"}, steps: [mycompany.steps.shout, mycompany.steps.tag]}\n'
        'b: {from: {files: "texts/b*"}, steps: [mycompany.steps.kanji]}\n'
        "joined: {from: [a, b]}\n"
        "chosen: {from: [a, b], steps: [mycompany.steps.twins]}\n"
    )
    passes, _ = make(recipe)
    for entry in ("joined", "chosen"):
        dataset = last(passes, entry)
        scanned = pl.scan_parquet(dataset.path / "kept" / "*.parquet").collect()
        assert scanned.height == len(dataset.kept) == 5
        assert not {"tag", "kanji_share"} & set(scanned.columns)


def test_rows_know_the_entry_they_come_from_also_after_passes_of_their_own(write_recipe, write_texts, make):
    for name, texts in TEXTS.items():
        write_texts(name, texts)
    recipe = write_recipe(
        'a: {from: {files: "texts/a*"}}\n'
        'b: {from: {files: "texts/b*"}}\n'
        "both:\n"
        "  from: [a, b]\n"
        "  steps: [mycompany.steps.twins, mycompany.steps.shout, mycompany.steps.parents]\n"
        "next: {from: both, steps: [mycompany.steps.parents]}\n"
        'alone: {from: {files: "texts/b*"}, steps: [mycompany.steps.parents]}\n'
        "after: {from: [both, alone], steps: [mycompany.steps.parents]}\n"
    )
    passes, _ = make(recipe)
    assert last(passes, "both").kept.read()["entry"].to_list() == ["a"] * 3 + ["b"] * 2
    assert last(passes, "next").kept.read()["entry"].to_list() == ["a"] * 3 + ["b"] * 2
    assert last(passes, "after").kept.read()["entry"].to_list() == ["both"] * 5 + ["alone"] * 3
    assert last(passes, "alone").kept.read()["entry"].to_list() == [None] * 3


def test_a_rewrite_that_keeps_columns_keeps_what_was_measured(write_recipe, write_texts, make):
    for name, texts in TEXTS.items():
        write_texts(name, texts)
    recipe = write_recipe(
        'a: {from: {files: "texts/a*"}, steps: [mycompany.steps.tag, mycompany.steps.kanji: {at_least: 0}]}\n'
        'b: {from: {files: "texts/b*"}, steps: [mycompany.steps.kanji: {at_least: 0}]}\n'
        "back: {from: [a, b], steps: [mycompany.steps.backwards, mycompany.steps.kanji]}\n"
    )
    passes, _ = make(recipe)
    turned, back = (p for p in passes if p.entry == "back")
    assert turned.signals
    assert back.chain is not None
    assert not back.chain.measured
    kept = last(passes, "back").kept.read()
    assert kept["text"].to_list() == ["玄米と白米", "米を炊く", "爆発", "米を炊く"]
    assert "tag" not in kept.columns


@pytest.mark.train
def test_kept_reads_with_datasets(recipe, make, tmp_path: Path):
    datasets = pytest.importorskip("datasets")
    corpus = last(make(recipe)[0], "corpus")
    loaded = datasets.load_dataset(
        "parquet", data_dir=str(corpus.path / "kept"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert loaded["text"][:] == ["米を炊く!", "玄米と白米!"]


# -- whole-dataset steps


def whole(write_recipe, write_texts, step: str) -> Path:
    write_texts("texts/a.jsonl", ["米を炊く", "米を炊く", "麦"])
    return write_recipe(f'a: {{from: {{files: "texts/*"}}, steps: [{step}]}}\n')


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "mycompany.steps.twins: {fault: twice}",
            "mycompany.steps.twins gave two verdicts on one row, or not in the order of the rows",
        ),
        (
            "mycompany.steps.twins: {fault: beyond}",
            "mycompany.steps.twins gave a verdict on a row that is not there",
        ),
        ("mycompany.steps.halves: {forget: true}", "mycompany.steps.halves lost 1 rows, "),
        ("mycompany.steps.loses", "mycompany.steps.loses gave back 2 rows for 3, or in another order"),
    ],
)
def test_rows_that_are_unaccounted_for_stop_the_run(write_recipe, write_texts, make, step, message):
    with pytest.raises(SeimaiError) as raised:
        make(whole(write_recipe, write_texts, step))
    assert str(raised.value).startswith(message)


def test_the_same_selection_twice_brings_its_columns_anew(write_recipe, write_texts, make):
    recipe = whole(write_recipe, write_texts, "mycompany.steps.twins, mycompany.steps.twins")
    kept = last(make(recipe)[0], "a").kept.read()
    assert kept["text"].to_list() == ["米を炊く", "麦"]
    assert [c for c in kept.columns if c.startswith("twin_of")] == ["twin_of"]


def test_a_rewrite_makes_new_rows_that_name_the_old_ones(write_recipe, write_texts, make):
    passes, _ = make(whole(write_recipe, write_texts, "mycompany.steps.halves"))
    dataset, read = last(passes, "a"), open_dataset(passes[0].directory).kept.read()
    kept, dropped = dataset.kept.read(), dataset.dropped.read()
    assert kept["text"].to_list() == ["米を", "炊く"] * 2
    parents = kept["origin"].struct.field("parents").to_list()
    assert parents == [[read["id"][0]]] * 2 + [[read["id"][1]]] * 2
    assert dropped.select("text", "dropped_by", "reasons").rows() == [
        ("麦", "mycompany.steps.halves.too_short", ["mycompany.steps.halves.too_short"])
    ]
    assert dataset.manifest["rows"] == {"in": 3, "kept": 4, "dropped": 1}
    assert dataset.manifest["funnel"][-1]["out"] == 4


def test_a_training_writes_a_model(write_recipe, write_texts, make):
    write_texts("texts/a.jsonl", ["米を炊く", "麦"])
    recipe = write_recipe(
        'base: {from: {files: "texts/*"}, steps: [mycompany.steps.counter]}\n'
        'more: {from: {files: "texts/*"}, steps: [mycompany.steps.counter: {base: base}]}\n'
    )
    passes, _ = make(recipe)
    model = last(passes, "more")
    assert json.loads((model.model / "count.json").read_text()) == {"letters": 10}
    assert model.kind == "model"
    assert [f["path"] for f in model.manifest["files"]] == ["model/count.json"]
    assert model.manifest["metrics"]["before_after"][0]["after"] == 10
    assert model.manifest["references"] == {"base": last(passes, "base").hash}


def test_a_whole_dataset_step_without_rows_says_so(write_recipe, write_texts, make):
    recipe = whole(write_recipe, write_texts, "mycompany.steps.loud: {at_least: 99}, mycompany.steps.twins")
    with pytest.raises(SeimaiError) as raised:
        make(recipe)
    assert str(raised.value) == ("a: mycompany.steps.twins has no rows to work on; all were dropped before")


def test_a_recipe_waits_for_people_and_goes_on(write_recipe, write_texts, make, tmp_path: Path):
    recipe = whole(write_recipe, write_texts, "mycompany.steps.asks: {folder: texts}")
    with pytest.raises(Waiting, match="0 of 3 texts are answered"):
        make(recipe)
    judged, made = make(recipe, labels="judge")
    assert names(made) == ["a"]
    (tmp_path / "answer").touch()
    passes, made = make(recipe)
    assert names(made) == ["a"]
    assert last(passes, "a").hash != last(judged, "a").hash
