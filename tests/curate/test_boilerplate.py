import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.boilerplate import Boilerplate
from curate.cleaning.recurring import groups_of
from seimai.dataset import Dataset, Rows, Shard, write_parquet
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

Clean = Callable[..., tuple[pl.DataFrame, list[dict[str, object]]]]

TEXTS = [f"糠の効き目はその{n}番目である。" for n in range(40)]


@pytest.fixture
def clean(tmp_path: Path) -> Clean:
    """The rows that a step makes of rows in shards of the given size, and its list of removed lines."""

    def run(step: Boilerplate, rows: pl.DataFrame, size: int = 15, workers: int = 1):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        (folder / "work").mkdir(parents=True)
        shards: list[Shard] = []
        for first in range(0, rows.height, size):
            part = rows.slice(first, size)
            write_parquet(part, path := folder / f"{first}.parquet")
            shards.append(Shard(path, part.height))
        executor = LocalExecutor(workers)
        try:
            job = Job("corpus", 1, folder / "work", folder / "captured", executor, Display().bar)
            result = pl.concat(step.rewrite(Rows(tuple(shards)), job))
        finally:
            executor.close()
        lines = (folder / "captured/removed_lines.jsonl").read_text("utf-8").splitlines()
        return result, [json.loads(line) for line in lines]

    return run


def pages(*around: str, host: str = "a.example.jp") -> pl.DataFrame:
    """Forty pages of one host: each text where `around` has `{}`, and its number where it has `#`."""
    layout = "\n".join(around)
    texts = [layout.replace("{}", text).replace("#", str(n)) for n, text in enumerate(TEXTS)]
    return pl.DataFrame(
        {"id": [f"{host}{n}" for n in range(40)], "text": texts, "url": f"https://{host}/", "source": "s"}
    )


def test_lines_at_the_edges_of_many_documents_go(clean: Clean):
    rows = pages("糠屋の総合案内", "その#", "{}", "", "お電話でもどうぞ")
    result, lines = clean(Boilerplate(), rows)
    expected = rows.with_columns(
        text=pl.Series([f"その{n}\n{text}" for n, text in enumerate(TEXTS)]),
        boilerplate_removed=pl.lit(18, pl.Int64),
        boilerplate_lines=pl.lit(2, pl.Int64),
    )
    assert_frame_equal(result, expected)
    assert lines == [
        {"group": "a.example.jp", "line": line, "documents": 40, "removed": 40}
        for line in ("お電話でもどうぞ", "糠屋の総合案内")
    ]


def test_lines_in_the_midst_stay(clean: Clean):
    rows = pages(
        "見出し#の前に",
        "一行#目",
        "二行#目",
        "それは次のとおりである。",
        "{}",
        "終わり#に",
        "また#",
        "さらに#",
    )
    assert clean(Boilerplate(), rows)[0]["boilerplate_lines"].sum() == 0


@pytest.mark.parametrize(
    "line",
    [
        "この法律は、公布の日から施行する。",
        "（施行期日の経過措置）",
        "第一章　総則と定義",
        "Permission is hereby granted, free of charge, to any person",
        "本書は次のライセンスの下にある。",
        "# 関連項目の一覧",
        "```python",
        "以上",
    ],
)
def test_headings_laws_licences_and_short_lines_stay(clean: Clean, line: str):
    assert clean(Boilerplate(), pages("{}", line))[0]["boilerplate_lines"].sum() == 0


def test_short_lines_go_between_longer_ones(clean: Clean):
    result, _ = clean(Boilerplate(), pages("総合案内の一覧", "前へ", "次の頁のご案内", "戻る", "{}"))
    assert result["text"].to_list() == [f"戻る\n{text}" for text in TEXTS]


def test_a_user_protects_lines(clean: Clean):
    rows = pages("糠屋の総合案内", "{}")
    assert clean(Boilerplate(protect=["^糠屋"]), rows)[0]["boilerplate_lines"].sum() == 0
    with pytest.raises(ValidationError, match="is no regular expression"):
        Boilerplate(protect=["("])


def test_a_line_recurs_by_number_and_share(clean: Clean):
    first, second = pages("糠屋の総合案内", "{}")[:9], pages("{}")[9:]
    rows = pl.concat([first, second])
    assert clean(Boilerplate(), rows)[0]["boilerplate_lines"].sum() == 0
    assert clean(Boilerplate(documents=9), rows)[0]["boilerplate_lines"].sum() == 9
    assert clean(Boilerplate(documents=9, share=0.25), rows)[0]["boilerplate_lines"].sum() == 0


def test_hosts_and_sources_are_told_apart(clean: Clean):
    both = [pages("糠屋の総合案内", "{}", host=f"{name}.example.jp")[:9] for name in "ab"]
    rows = pl.concat(both)
    assert clean(Boilerplate(), rows)[0]["boilerplate_lines"].sum() == 0
    assert clean(Boilerplate(by="source"), rows)[0]["boilerplate_lines"].sum() == 18
    assert groups_of(rows.with_columns(url=pl.lit("http://[", pl.String)), "host") == ["s"] * 18


def test_documents_that_would_lose_most_stay(clean: Clean):
    menu = "\n".join(f"第{n}の案内はこちら" for n in "一二三四五六七")
    assert clean(Boilerplate(), pages(menu, "{}"))[0]["boilerplate_lines"].sum() == 0
    assert clean(Boilerplate(at_most=0.9), pages(menu, "{}"))[0]["boilerplate_lines"].sum() == 280


def test_signals_of_the_old_text_are_forgotten_and_nulls_stay(clean: Clean):
    rows = pages("糠屋の総合案内", "{}").with_columns(
        chars=pl.lit(1), text=pl.col("text").replace(TEXTS[0], None)
    )
    rows = rows.with_columns(pl.when(pl.int_range(40) > 0).then("text").alias("text"))
    result, _ = clean(Boilerplate(), rows)
    assert "chars" not in result.columns
    assert result.select("text", "boilerplate_removed").row(0) == (None, None)


def test_the_result_is_the_same_on_several_cores_and_shards(clean: Clean):
    rows = pages("糠屋の総合案内", "その#", "{}", "お電話でもどうぞ")
    one, lines = clean(Boilerplate(), rows, size=40)
    many, same = clean(Boilerplate(), rows, size=3, workers=2)
    assert_frame_equal(one, many)
    assert lines == same


def test_a_run_accounts_for_every_row_and_keeps_the_list(tmp_path: Path):
    rows = pages("糠屋の総合案内", "{}")
    (tmp_path / "pages.jsonl").write_text(rows.drop("id").write_ndjson(), "utf-8")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        "corpus: {from: {files: pages.jsonl}, steps: [curate.boilerplate, curate.length]}\n", "utf-8"
    )
    executor = LocalExecutor(1)
    passes, _ = Runner(load_recipe(recipe), tmp_path / "out", executor, Display()).run(["corpus"])
    dataset = Dataset(passes[-1].directory)
    assert dataset.manifest["rows"]["kept"] + dataset.manifest["rows"]["dropped"] == 40
    before = Dataset(passes[-2].directory)
    assert before.kept.read(["text"])["text"].to_list() == TEXTS
    assert [file["path"] for file in before.manifest["files"]] == ["captured/removed_lines.jsonl"]
