"""`curate.near_dedup`."""

import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from curate.minhash.verify import similarity
from curate.near_dedup import NearDedup
from seimai.dataset import Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display

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
        {"row": [0, 3], "reason": ["duplicate"] * 2, "duplicate_of": ["d2"] * 2, "similarity": [value] * 2},
        schema_overrides={"row": pl.UInt32},
    )
    assert_frame_equal(select(NearDedup(), rows), expected)


def test_the_first_of_a_cluster_stays_when_asked(select: Select) -> None:
    found = select(NearDedup(keep="first"), documents(STORY, LAW, LAW + "附則。", LAW))
    assert found["row"].to_list() == [2, 3]
    assert found["duplicate_of"].to_list() == ["d1", "d1"]
    assert found["similarity"].to_list() == [similarity(LAW, LAW + "附則。", 5), 1.0]


def test_below_the_threshold_both_stay(select: Select) -> None:
    rows = documents(LAW, LAW[: len(LAW) // 2])
    assert similarity(*rows["text"], 5) < 0.8
    assert not select(NearDedup(), rows).height
    assert select(NearDedup(threshold=0.4), rows)["row"].to_list() == [1]


def test_texts_shorter_than_a_shingle_are_compared_whole(select: Select) -> None:
    found = select(NearDedup(), documents("米", "玄米", "", "米\n", None, "玄 米", "白米"))
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
    found = select(NearDedup(), rows)
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
    found = select(NearDedup(), documents(*[text] * 20_000), 7_000, 13_000)
    assert found.height == 19_999
    assert found["duplicate_of"].unique().to_list() == ["d0"]
    assert found["similarity"].unique().to_list() == [1.0]


def test_thousands_of_nearly_equal_texts_are_one_cluster(select: Select) -> None:
    dice = random.Random(0)
    base = "".join(chr(dice.randrange(0x4E00, 0x9000)) for _ in range(300))
    found = select(NearDedup(), documents(*(edited(base, 2, dice) for _ in range(5_000))))
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


@pytest.mark.parametrize("tasks", [1, 2, 3, 5, 6])
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
        NearDedup().select(Rows(tuple(shards)), job(Killed(tasks)))
    before = (work / "minhash/sketch-0.done").stat().st_mtime_ns
    assert_frame_equal(NearDedup().select(Rows(tuple(shards)), job(LocalExecutor(1))), expected)
    assert (work / "minhash/sketch-0.done").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["law", "synth"])
def test_recall_and_precision_on_recorded_pairs(
    select: Select, evaluation: Callable[[str], pl.DataFrame], name: str
) -> None:
    rows = evaluation(f"dup_{name}_docs").select("id", "text")
    ids = rows["id"].to_list()
    found = select(NearDedup(), rows, 500, rows.height - 500)
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
