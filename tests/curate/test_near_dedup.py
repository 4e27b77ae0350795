"""`curate.near_dedup`."""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.minhash.verify import similarity
from curate.near_dedup import NearDedup
from seimai.dataset import Dataset, Rows, Shard, write_parquet
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

T = TypeVar("T")
R = TypeVar("R")
Select = Callable[..., pl.DataFrame]

LAW = (
    "この法律において「電子計算機」とは、情報を処理する機械をいう。ただし、試験のためのものを除く。"
    "国は、電子計算機の利用に関する施策を総合的に策定し、及び実施する責務を有する。"
    "地方公共団体は、国との適切な役割分担を踏まえて、その地域の状況に応じた施策を講ずるものとする。"
)
STORY = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗い所で泣いていた。"


def documents(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"d{n}" for n in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String}
    )


def edited(text: str, edits: int, dice: random.Random) -> str:
    letters = list(text)
    for place in dice.sample(range(len(letters)), edits):
        letters[place] = chr(dice.randrange(0x4E00, 0x9000))
    return "".join(letters)


def families(number: int, seed: int) -> pl.DataFrame:
    """Texts in families of up to six, each text a few letters from the family's first, all shuffled."""
    dice = random.Random(seed)
    texts: list[str] = []
    for _ in range(number):
        base = "".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(dice.randrange(100, 400)))
        texts += [base, *(edited(base, dice.randrange(8), dice) for _ in range(dice.randrange(6)))]
    dice.shuffle(texts)
    return documents(*texts)


def test_the_longest_of_a_cluster_stays(select: Select) -> None:
    longer = LAW + "附則。この法律は、公布の日から施行する。"
    rows = documents(LAW, STORY, longer, LAW.replace("、", "、\n　"), STORY[:30])
    value = similarity(LAW, longer, 5)
    assert value >= 0.8
    expected = pl.DataFrame(
        {
            "row": [0, 2, 3],
            "reason": ["duplicate", None, "duplicate"],
            "duplicate_of": ["d2", None, "d2"],
            "cluster": ["d0"] * 3,
            "cluster_size": [3] * 3,
            "similarity": [value, None, value],
        },
        schema_overrides={"row": pl.UInt64, "cluster_size": pl.UInt32},
    )
    assert_frame_equal(select(NearDedup(), rows), expected)


def gone(verdicts: pl.DataFrame) -> pl.DataFrame:
    return verdicts.filter(pl.col("reason").is_not_null())


def test_the_first_of_a_cluster_stays_when_asked(select: Select) -> None:
    found = gone(select(NearDedup(keep="first"), documents(STORY, LAW, LAW + "附則。", LAW)))
    assert found["row"].to_list() == [2, 3]
    assert found["duplicate_of"].to_list() == ["d1", "d1"]
    assert found["similarity"].to_list() == [similarity(LAW, LAW + "附則。", 5), 1.0]


def test_below_the_threshold_both_stay(select: Select) -> None:
    rows = documents(LAW, LAW[: len(LAW) // 2])
    assert similarity(*rows["text"], 5) < 0.8
    assert not select(NearDedup(), rows).height
    assert gone(select(NearDedup(threshold=0.4), rows))["row"].to_list() == [1]


def test_texts_shorter_than_a_shingle_are_compared_whole(select: Select) -> None:
    found = gone(select(NearDedup(), documents("米", "玄米", "", "米\n", None, "玄 米", "白米")))
    assert found["row"].to_list() == [3, 4, 5]
    assert found["duplicate_of"].to_list() == ["d0", "d2", "d1"]


@pytest.mark.parametrize("seed", range(3))
def test_verdicts_do_not_depend_on_shards_and_workers(select: Select, seed: int) -> None:
    rows = families(60, seed)
    n = rows.height
    expected = select(NearDedup(), rows)
    assert expected.height > 60
    assert_frame_equal(select(NearDedup(), rows, 1, 0, n // 2, n - n // 2 - 1), expected)
    if not seed:
        assert_frame_equal(select(NearDedup(), rows, n // 3, n - n // 3, workers=2), expected)


@pytest.mark.parametrize("seed", range(5))
def test_clusters_are_those_of_the_exact_similarities(select: Select, seed: int) -> None:
    rows = families(20, seed)
    texts = rows["text"].to_list()
    clusters = list(range(len(texts)))
    for i in range(len(texts)):
        for j in range(i):
            if similarity(texts[i], texts[j], 5) >= 0.8:
                old, new = clusters[i], clusters[j]
                clusters = [new if c == old else c for c in clusters]
    found = gone(select(NearDedup(), rows))
    survivors = set(range(len(texts))) - set(found["row"])
    assert len(survivors) == len(set(clusters))
    for row, stays, value in found.select("row", "duplicate_of", "similarity").iter_rows():
        kept = int(stays[1:])
        assert kept in survivors
        assert clusters[row] == clusters[kept]
        assert (len(texts[kept]), -kept) > (len(texts[row]), -row)
        assert value == similarity(texts[row], texts[kept], 5)


@pytest.mark.parametrize("text", [LAW, ""])
def test_thousands_of_equal_texts_are_one_cluster(select: Select, text: str) -> None:
    found = gone(select(NearDedup(), documents(*[text] * 20_000), 7_000, 13_000))
    assert found.height == 19_999
    assert found["duplicate_of"].unique().to_list() == ["d0"]
    assert found["similarity"].unique().to_list() == [1.0]


def test_thousands_of_nearly_equal_texts_are_one_cluster(select: Select) -> None:
    dice = random.Random(0)
    base = "".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(300))
    found = gone(select(NearDedup(), documents(*(edited(base, 2, dice) for _ in range(5_000)))))
    assert found.height == 4_999
    assert found["duplicate_of"].unique().to_list() == ["d0"]


class Killed(LocalExecutor):
    """Stops after some tasks, as a kill would."""

    def __init__(self, tasks: int) -> None:
        super().__init__(1)
        self.left = tasks

    def map(self, work: Callable[[T], R], tasks: Iterable[T]) -> Iterator[R]:
        for result in super().map(work, tasks):
            yield result
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt


@pytest.mark.parametrize("tasks", [1, 2, 3, 5, 20, 25, 40])
def test_a_killed_search_goes_on(select: Select, tmp_path: Path, tasks: int) -> None:
    rows = families(40, 7)
    expected = select(NearDedup(), rows)
    half = rows.height // 2
    shards = [Shard(tmp_path / "a.parquet", half), Shard(tmp_path / "b.parquet", rows.height - half)]
    write_parquet(rows[:half], shards[0].path)
    write_parquet(rows[half:], shards[1].path)
    work = tmp_path / "work"
    work.mkdir()

    def job(executor: LocalExecutor) -> Job:
        return Job("corpus", 1, work, tmp_path / "out", executor, Display().bar)

    with pytest.raises(KeyboardInterrupt):
        list(NearDedup().select(Rows(tuple(shards)), job(Killed(tasks))))
    before = (work / "minhash/sketch-0.done").stat().st_mtime_ns
    found = pl.concat(NearDedup().select(Rows(tuple(shards)), job(LocalExecutor(1))))
    assert_frame_equal(found, expected)
    assert (work / "minhash/sketch-0.done").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["law", "synth"])
def test_recall_and_precision_on_recorded_pairs(
    select: Select, evaluation: Callable[[str], pl.DataFrame], name: str
) -> None:
    rows = evaluation(f"dup_{name}_docs").select("id", "text")
    ids = rows["id"].to_list()
    found = gone(select(NearDedup(), rows, 500, rows.height - 500))
    texts = dict(rows.iter_rows())
    cluster = dict(zip(ids, ids, strict=True))
    cluster.update((ids[row], stays) for row, stays in found.select("row", "duplicate_of").iter_rows())
    recorded = evaluation(f"dup_{name}_pairs").select("a", "b", "jaccard5").rows()
    alike = [cluster[a] == cluster[b] for a, b, jaccard in recorded if jaccard >= 0.8]
    assert sum(alike) / len(alike) >= 0.98
    # A chain of duplicates may join two documents below the threshold: every member has a partner above it.
    members = pl.DataFrame({"id": list(cluster), "stays": list(cluster.values())}).group_by("stays").agg("id")
    for group in members.filter(pl.col("id").list.len() > 1)["id"].to_list():
        for one in group:
            best = max(similarity(texts[one], texts[other], 5) for other in group if other != one)
            assert best >= 0.8


def test_the_best_and_the_newest_stay_by_a_column(select: Select) -> None:
    rows = documents(LAW, LAW + "附則。", LAW, STORY).with_columns(
        quality=pl.Series([0.2, 0.9, None, 0.1]),
        meta=pl.Series(
            ['{"date": "2024-05-01"}', '{"date": "2023年12月31日"}', '{"date": "2024/5/2"}', None]
        ),
    )
    best = gone(select(NearDedup(keep="best", by="quality"), rows))
    assert best.select("row", "duplicate_of").rows() == [(0, "d1"), (2, "d1")]
    newest = gone(select(NearDedup(keep="newest", by="meta.date"), rows))
    assert newest.select("row", "duplicate_of").rows() == [(0, "d2"), (1, "d2")]
    with pytest.raises(SeimaiError, match="no column 'date' to keep the newest by"):
        select(NearDedup(keep="newest", by="date"), rows)


def test_signatures_alone_estimate_the_similarity(select: Select) -> None:
    rows = families(40, 3)
    exact, estimate = select(NearDedup(), rows), select(NearDedup(verify="estimate"), rows)
    both = gone(exact).join(gone(estimate), on=["row", "duplicate_of"])
    assert both.height > 0.8 * gone(exact).height
    assert (both["similarity"] - both["similarity_right"]).abs().max() < 0.15


def test_words_are_compared_by_their_letters_alone(select: Select) -> None:
    pytest.importorskip("sudachidict_core")
    manual = "The editor reads its settings from a file, and writes them back when it is closed: no others."
    other = manual.replace("file", "folder")
    again = "The editor reads its settings from a file – and writes them back. When it is closed, no others!"
    rows = documents(manual, other, again, LAW, LAW.replace("、", "､\n"), "!!", "??", "!\n!", "")
    found = gone(select(NearDedup(shingles="words", ngram=2), rows))
    assert found.select("row", "duplicate_of", "similarity").rows() == [
        (2, "d0", 1.0),
        (4, "d3", 1.0),
        (7, "d5", 1.0),
    ]
    # 18 words have 17 pairs; two of them change with one word.
    near = gone(select(NearDedup(shingles="words", ngram=2, threshold=0.75), rows[:2]))
    assert near["similarity"].to_list() == [pytest.approx(15 / 19)]
    sizes = (4, 5)
    assert_frame_equal(gone(select(NearDedup(shingles="words", ngram=2), rows, *sizes)), found)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"keep": "best"}, "by: COLUMN"),
        ({"bands": 16}, "go together"),
        ({"bands": 16, "rows": 9}, "more than num_perm"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NearDedup.model_validate(given)


def test_a_plan_shows_the_recall_curve() -> None:
    assert NearDedup().note() == (
        "17 bands of 7 values: pairs meet with 12.5 % at 0.5, 76.8 % at 0.7, 98.2 % at 0.8, "
        "99.9 % at 0.85, 100 % at 0.9"
    )


RELEASES = """\
old:
  from: {files: old.jsonl}
  steps: [curate.near_dedup]
index:
  from: old
  steps: [curate.near_index]
new:
  from: {files: new.jsonl}
  steps: [curate.near_dedup: {against: [index], num_perm: %d, shingles: %s}]
"""


def release(tmp_path: Path, num_perm: int = 128, shingles: str = "characters") -> Dataset:
    (tmp_path / "old.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in (LAW, STORY)))
    new = (LAW + "附則。", "玄米を磨くことを精米という。", STORY, "玄米を磨くことを精米という。")
    (tmp_path / "new.jsonl").write_text("".join(json.dumps({"text": t}) + "\n" for t in new))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(RELEASES % (num_perm, shingles))
    loaded = load_recipe(recipe)
    passes, _ = Runner(loaded, tmp_path / "out", LocalExecutor(1), Display()).run(["new"])
    return Dataset(passes[-1].directory)


def test_a_new_release_is_deduplicated_against_the_index_of_an_earlier_one(tmp_path: Path) -> None:
    made = release(tmp_path)
    old = Dataset(next((tmp_path / "out").glob("old-*"))).kept.read(["id", "text"])
    assert made.kept.read()["text"].to_list() == ["玄米を磨くことを精米という。"]
    dropped = made.dropped.read()
    assert dropped["text"].to_list() == [LAW + "附則。", STORY, "玄米を磨くことを精米という。"]
    assert dropped["duplicate_of"].to_list() == [*old["id"], made.kept.read()["id"].item()]
    assert dropped["similarity"].to_list() == [
        pytest.approx(similarity(LAW, LAW + "附則。", 5), abs=0.1),
        1,
        1,
    ]


def test_an_index_with_other_signatures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeimaiError, match=r"num_perm: 128, and .* num_perm: 64"):
        release(tmp_path, 64)


def test_an_index_of_other_shingles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeimaiError, match=r"shingles: characters, and .* shingles: words"):
        release(tmp_path, shingles="words")


@pytest.mark.slow
def test_a_million_near_copies_are_one_cluster_in_bounded_memory(select: Select) -> None:
    dice = random.Random(0)
    base = [chr(dice.randrange(0x4E00, 0x9000)) for _ in range(60)]
    texts = ["".join(base) + chr(0x4E00 + n % 20_000) + chr(0x3042 + n // 20_000) for n in range(1_000_000)]
    found = gone(select(NearDedup(), documents(*texts), 400_000, 600_000, workers=2))
    assert found.height == 999_999
    assert found["duplicate_of"].n_unique() == 1


@pytest.mark.slow
def test_books_of_a_hundred_megabytes_are_compared_by_their_signatures(select: Select) -> None:
    dice = random.Random(0)
    page = "".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(1_000_000))
    book = page * 35  # 105 MB of UTF-8
    other = "".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(1_000_000)) * 35
    found = gone(select(NearDedup(), documents(book, other, book + "奥付", STORY)))
    assert found.select("row", "duplicate_of").rows() == [(0, "d2")]


def test_texts_made_to_collide_are_told_apart() -> None:
    """Thue-Morse words of opposite sign have equal polynomial hashes modulo 2^64 from 2^10 letters on."""
    word = "米"
    for _ in range(11):
        word += word.translate(str.maketrans("米麦", "麦米"))
    opposite = word.translate(str.maketrans("米麦", "麦米"))
    for ngram in (5, 64):
        a, b = ({t[i : i + ngram] for i in range(len(t) - ngram + 1)} for t in (word + "稲" * 9, opposite))
        assert similarity(word + "稲" * 9, opposite, ngram) == len(a & b) / len(a | b)
