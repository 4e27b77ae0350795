"""`curate.decontaminate`."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.buffers import one_text
from curate.contamination.benchmarks import Item, items
from curate.contamination.judge import _between, covered
from curate.contamination.rule import Rule
from curate.contamination.search import PIECE_BYTES, matches
from curate.contamination.texts import Benchmarks
from curate.decontaminate import Decontaminate
from seimai.dataset import Dataset, Rows, Shard, write_parquet
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.job import Job
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.rows import MESSAGES
from seimai.run import Runner

Select = Callable[..., pl.DataFrame]

QUESTION = "江戸時代に玄米を白米にする作業を担った人々を何と呼びますか？"
SHORT = "雨季がないのはどの県か？"
OTHERS = (
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "この法律は、公布の日から起算して六月を超えない範囲内において政令で定める日から施行する。",
    "nothrow_tは、new失敗時に例外を送出させないための型である。",
)


def bench(folder: Path, *records: dict[str, Any], name: str = "bench.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), "utf-8")
    return str(path)


def documents(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"d{n}" for n in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String}
    )


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[tuple[int, int, int]]]:
    """Row, start and end of what is found of the questions."""
    made: dict[tuple[str, ...], Benchmarks] = {}

    def run(texts: Sequence[str], *questions: str) -> list[tuple[int, int, int]]:
        if questions not in made:
            folder = tmp_path_factory.mktemp("benchmarks")
            made[questions] = Benchmarks(folder, "question", "characters", Rule(6, 0.5, 12, 10, 0.15))
            made[questions].write([Item("b", n, str(n), (q,), ()) for n, q in enumerate(questions)])
        rows = matches(documents(*texts), ("text",), made[questions])
        return rows.select("row", "start", "end").rows()

    return run


def test_a_row_with_an_item_goes_and_says_which(select: Select, tmp_path: Path) -> None:
    against = bench(tmp_path, {"id": "q1", "question": QUESTION}, {"id": "q2", "question": SHORT})
    rows = documents(OTHERS[0], OTHERS[1] + QUESTION + OTHERS[2], None, "", SHORT)
    first = len(OTHERS[1])
    at = [
        [{"field": "text", "start": first, "end": first + len(QUESTION) - 1}],
        [{"field": "text", "start": 0, "end": len(SHORT) - 1}],
    ]
    expected = pl.DataFrame(
        {
            "row": [1, 4],
            "contaminated_by": [[f"{against}#q1"], [f"{against}#q2"]],
            "contamination": [1.0, 1.0],
            "contaminated_at": at,
            "reason": ["contaminated", "contaminated"],
        },
        schema_overrides={"row": pl.UInt64},
    )
    assert_frame_equal(select(Decontaminate(against=against), rows), expected)


@pytest.mark.parametrize(
    "copy",
    [
        QUESTION.replace("米", "米\n　"),
        QUESTION.replace("？", "").replace("を", "を、"),
        QUESTION.replace("玄米を白米に", "「玄米」を『白米』に"),
        unicodedata.normalize("NFD", QUESTION),
        "".join(f"{c} " for c in QUESTION),
        QUESTION[:22],  # three quarters of it
        QUESTION.replace("江戸", "明治").replace("呼び", "言い"),
        QUESTION[:14] + "という" + QUESTION[14:],
    ],
)
def test_changed_copies_are_found(found: Callable[..., Any], copy: str) -> None:
    ((row, start, end),) = found([OTHERS[0] + copy + OTHERS[1]], QUESTION)
    assert row == 0
    assert len(OTHERS[0]) <= start <= len(OTHERS[0]) + 3
    assert len(OTHERS[0]) + len(copy) - 4 <= end <= len(OTHERS[0]) + len(copy)


def test_width_and_case_make_no_difference(found: Callable[..., Any]) -> None:
    question = "Which of the ﾊﾟﾝ is baked at 220 degrees?"
    copy = "ＷＨＩＣＨ ＯＦ ＴＨＥ パン ＩＳ ＢＡＫＥＤ ＡＴ ２２０ ＤＥＧＲＥＥＳ"
    assert found(["焼き方: " + copy], question) == [(0, 5, 5 + len(copy))]


def test_one_edit_does_not_hide_a_short_question(found: Callable[..., Any]) -> None:
    assert found(["問　この中で実験に使用することがあるのは？　答"], "この中で実験に使われることがあるのは？")
    assert not found(["問　この中で料理に使った鍋があるのは？　答"], "この中で実験に使われることがあるのは？")


def test_what_many_items_share_condemns_nothing(found: Callable[..., Any]) -> None:
    ask = "次の文章を読み、内容に合うものを一つ選びなさい。"
    topics = (
        "雨の降り方",
        "米の磨き方",
        "猫の名前",
        "法律の施行",
        "関数の型",
        "鍋の洗い方",
        "橋の長さ",
        "山の高さ",
    )
    questions = [ask + topic + "について述べているのはどれか。" for topic in topics]
    assert not found([OTHERS[0] + ask + OTHERS[1]], *questions)
    assert {row for row, _, _ in found([OTHERS[1], questions[1]], *questions)} == {1}
    assert not found([ask * 3], *[ask] * 8, QUESTION)


def test_short_items_are_found_only_alone(found: Callable[..., Any]) -> None:
    questions = ("はい", "氷が溶けると？", QUESTION)
    assert not found(["はい", "はい。氷が溶けると水になる。"], *questions)
    assert found(["氷が溶けると？"], *questions) == [(0, 0, 6)]


def test_phrases_of_the_corpus_count_for_nothing(select: Select, tmp_path: Path) -> None:
    phrase = "公布の日から施行する。"
    against = bench(tmp_path, {"question": phrase}, {"question": QUESTION})
    rows = documents(*[f"第{n}条　この法律は、{phrase}" for n in range(30)], phrase, *[QUESTION] * 30)
    verdicts = select(Decontaminate(against=against), rows)
    assert verdicts["row"].to_list() == list(range(30, 61))  # alone it is an item; long ones always are
    some = select(Decontaminate(against=against), rows[:10])
    assert some.height == 10


def test_masks(select: Select, tmp_path: Path) -> None:
    against = bench(tmp_path, {"question": QUESTION}, {"question": SHORT})
    rows = documents(OTHERS[0] + QUESTION + OTHERS[1] + SHORT, OTHERS[2], QUESTION)
    verdicts = select(Decontaminate(against=against, action="mask", mask="■"), rows)
    assert verdicts.select("row", "text", "reason").rows() == [
        (0, f"{OTHERS[0]}■？{OTHERS[1]}■？", None),
        (2, None, "emptied"),
    ]


def test_training_data_of_every_kind(select: Select, tmp_path: Path) -> None:
    against = bench(tmp_path, {"question": QUESTION, "answer": "米搗き屋"})

    def said(*contents: str) -> list[dict[str, str]]:
        return [{"role": r, "content": c} for r, c in zip(("user", "assistant"), contents, strict=False)]

    def column(name: str, *values: Any) -> pl.DataFrame:
        return pl.DataFrame({"id": ["a", "b"], name: pl.Series(values, dtype=MESSAGES)})

    chat = column("messages", said("こんにちは", "やあ"), said(QUESTION, "米搗き屋です。"))
    pairs = column("prompt", said("一つ目"), said("二つ目")).with_columns(
        chosen=pl.Series([said("何"), said("何")], dtype=MESSAGES),
        rejected=pl.Series([said("何"), said(QUESTION)], dtype=MESSAGES),
    )
    for rows, field in ((chat, "messages.0"), (pairs, "rejected.0")):
        (row,) = select(Decontaminate(against=against), rows).rows(named=True)
        assert (row["row"], row["reason"]) == (1, "contaminated")
        assert row["contaminated_at"][0]["field"] == field
    masked = select(Decontaminate(against=against, action="mask"), chat)
    assert masked["messages"].to_list() == [said("〈ベンチマーク〉？", "米搗き屋です。")]
    assert select(Decontaminate(against=against, within=["prompt"]), pairs).is_empty()
    with pytest.raises(SeimaiError, match="within names 'chosen', and the rows have messages"):
        select(Decontaminate(against=against, within=["chosen"]), chat)


def test_question_answer_or_both(select: Select, tmp_path: Path) -> None:
    answer = "精米所が広まる前は、大道米搗きと呼ばれる人々が臼と杵を担いで家々を回った。"
    against = bench(
        tmp_path,
        {"id": 1, "question": QUESTION, "choices": ["大工", "大道米搗き"], "answer": 1},
        {"id": 2, "question": SHORT, "answer": answer},
    )
    rows = documents(QUESTION, QUESTION + "\n答：大道米搗き", answer, OTHERS[0])

    def rows_by(search: Any) -> list[int]:
        return select(Decontaminate(against=against, search=search), rows)["row"].to_list()

    assert rows_by("question") == [0, 1]
    assert rows_by("answer") == [2]
    assert rows_by("either") == [0, 1, 2]
    assert rows_by("both") == [1]


def test_words_when_asked(select: Select, tmp_path: Path) -> None:
    pytest.importorskip("sudachipy")
    against = bench(tmp_path, {"question": QUESTION})
    step = Decontaminate(against=against, unit="words")
    (row,) = select(step, documents(OTHERS[0], OTHERS[1] + "\n" + QUESTION.replace("玄", "\n玄"))).rows(
        named=True
    )
    assert row["row"] == 1
    assert row["contamination"] > 0.8
    assert row["contaminated_at"][0]["end"] == len(OTHERS[1]) + 1 + len(QUESTION)


_AROUND = st.text(
    st.sampled_from("玄米を白にする作業江戸何と呼びますか？、。\n 　aＡ1が\U0002000bｶﾞ́"), max_size=60
)


@given(before=_AROUND, after=_AROUND, question=st.sampled_from([QUESTION, SHORT, "x-3=6のとき、xの値は？"]))
@settings(max_examples=60)
def test_an_inserted_item_is_always_found(
    found: Callable[..., Any], before: str, after: str, question: str
) -> None:
    places = found([before + "\n" + question + "\n" + after], QUESTION, SHORT, "x-3=6のとき、xの値は？")
    middle = len(before) + 1 + len(question) // 2
    assert any(start <= middle < end for _, start, end in places)


@given(
    text=st.text(max_size=30),
    spans=st.lists(st.tuples(st.integers(0, 29), st.integers(1, 10)), min_size=1, max_size=6),
)
def test_masks_never_overlap(text: str, spans: list[tuple[int, int]]) -> None:
    text = text.replace("■", "□").ljust(40, "。")
    ranges = [(start, start + size) for start, size in spans]
    left = [c for n, c in enumerate(text) if not any(a <= n < b for a, b in ranges)]
    masked = covered(text, ranges, "■")
    assert [c for c in masked if c != "■"] == left
    assert "■■" not in masked


def test_long_texts_are_searched_in_pieces(found: Callable[..., Any]) -> None:
    letters = PIECE_BYTES // 3
    filler = OTHERS[0] * (2 * letters // len(OTHERS[0]))
    for cut in (letters - 10, letters + 5400, 2 * letters - len(QUESTION)):
        text = "a" + filler[:cut] + QUESTION + filler
        assert found([text], QUESTION) == [(0, 1 + cut, cut + len(QUESTION))]


FRAGMENTS = (*OTHERS, QUESTION, SHORT, QUESTION[:20], QUESTION[8:], SHORT[:9], "雨季がない", "。\n", "米")


@given(fragments=st.lists(st.sampled_from(FRAGMENTS), min_size=20, max_size=120))
@settings(max_examples=40)
def test_a_text_in_pieces_has_the_matches_of_the_whole_text(
    found: Callable[..., Any], fragments: list[str]
) -> None:
    texts = ["".join(fragments), "".join(fragments[:2])]
    questions = (QUESTION, SHORT, "雨季がない")
    whole = found(texts, *questions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("curate.contamination.search.PIECE_BYTES", 1200)
        assert found(texts, *questions) == whole


def test_the_end_of_a_long_text_is_no_text_of_its_own(
    found: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("curate.contamination.search.PIECE_BYTES", 1200)
    item = "雨季がない県名"  # too short to be found in the midst of other text
    assert found([item], item) == [(0, 0, len(item))]
    assert found(["吾輩は猫" * 100 + item], item) == []


@given(st.text(max_size=40), st.lists(st.text(max_size=20), max_size=3))
def test_the_bytes_of_one_text(text: str, others: list[str]) -> None:
    column = pl.Series([*others, text, None], dtype=pl.String)
    assert one_text(column[len(others) :][:1]).tobytes().decode() == text
    assert not one_text(column[-1:]).size


@pytest.mark.parametrize("mask", ["", "■", "〈問〉"])
def test_a_text_of_masks_alone_has_no_letters(mask: str) -> None:
    assert "".join(_between(mask * 3 + "、" + mask, mask)) == "、"
    long = "。" * (1 << 14) + "字"
    assert "".join(_between(mask + long + mask, mask)) == long


def test_hostile_repetition_takes_linear_work(found: Callable[..., Any]) -> None:
    assert found(["笑" * 1_000_000], "笑" * 400)
    assert found(["笑い" * 200_000, "ハ" * 400_000], "笑い" * 40, "ハ" * 2000)


def test_the_same_for_any_sharding_and_any_workers(
    evaluation: Callable[[str], pl.DataFrame], select: Select
) -> None:
    rows = evaluation("contamination_cases").select("id", "text")[::9]
    step = Decontaminate(against=EVAL, fields={"question": "text"}, action="mask")
    whole = select(step, rows)
    assert whole.height > 80
    assert_frame_equal(select(step, rows, 50, 0, rows.height - 51, 1), whole)
    assert_frame_equal(select(step, rows, rows.height // 2, rows.height - rows.height // 2, workers=2), whole)


EVAL = str(Path(__file__).parents[3] / "shared/data/eval/bench_decontam.jsonl.zst")


def test_injected_cases(evaluation: Callable[[str], pl.DataFrame], select: Select) -> None:
    cases = evaluation("contamination_cases")
    verdicts = select(Decontaminate(against=EVAL, fields={"question": "text"}), cases.select("id", "text"))
    blamed = cases.with_row_index("row").join(
        verdicts.with_columns(pl.col("row").cast(pl.UInt32)), on="row", how="left"
    )
    right = (
        pl.col("contaminated_by").list.contains(pl.format(EVAL + "#{}", "bench_id")).fill_null(value=False)
    )
    recall = dict(blamed.group_by("kind").agg(right.mean()).iter_rows())
    for kind, share in recall.items():
        assert share >= {"clean": 0, "partial_60": 0.9, "char_edit_0.05": 0.9}.get(kind, 0.97), kind
    assert blamed.filter(kind="clean")["reason"].count() <= 0.005 * 900


RECIPE = """
name: r
bench:
  from: {{files: bench.jsonl, columns: {{text: question}}}}
corpus:
  from: {{files: corpus.jsonl}}
  steps:
    - curate.decontaminate: {{against: {against}, action: {action}}}
"""


def made(folder: Path, against: str, action: str) -> Dataset:
    (folder / "r.yaml").write_text(RECIPE.format(against=against, action=action), "utf-8")
    Runner(load_recipe(folder / "r.yaml"), folder / "out", LocalExecutor(1), Display()).run(["corpus"])
    (path,) = (folder / "out").glob("corpus-*")
    return Dataset(path)


@pytest.mark.parametrize("against", ["bench", "ben*.jsonl", "bench.jsonl"])
def test_the_account_stays_in_the_dataset(tmp_path: Path, against: str) -> None:
    bench(tmp_path, {"question": QUESTION}, {"question": "はい"}, {"question": OTHERS[2]})
    corpus = [{"text": t} for t in (OTHERS[0] + QUESTION + QUESTION, OTHERS[1], "問い　" + QUESTION)]
    bench(tmp_path, *corpus, name="corpus.jsonl")
    dataset = made(tmp_path, against, "report")
    assert dataset.kept.read()["contaminated_by"].list.len().to_list() == [1, None, 1]
    account = dataset.path / "captured"
    assert {f["path"] for f in dataset.manifest["files"]} == {
        f"captured/{name}" for name in ("benchmarks.jsonl", "items.jsonl", "places.parquet")
    }
    rows = pl.read_ndjson(account / "items.jsonl").select("status", "found", "rows").rows()
    assert rows == [("sought", 3, 2), ("too_short", 0, 0), ("sought", 0, 0)]
    places = pl.read_parquet(account / "places.parquet")
    assert places["id"].n_unique() == 2
    assert places.select("field", "end").rows() == [("text", 62), ("text", 92), ("text", 32)]
    summary = pl.read_ndjson(account / "benchmarks.jsonl")
    assert summary["file"].to_list() == ["bench" if against == "bench" else "bench.jsonl"]
    assert summary.select("items", "found", "places", "too_short").rows() == [(3, 1, 3, 1)]


def test_masked_texts_are_in_the_dataset(tmp_path: Path) -> None:
    bench(tmp_path, {"question": QUESTION})
    bench(tmp_path, {"text": OTHERS[0] + QUESTION}, {"text": OTHERS[1]}, name="corpus.jsonl")
    texts = made(tmp_path, "bench.jsonl", "mask").kept.read()["text"].to_list()
    assert texts == [OTHERS[0] + "〈ベンチマーク〉？", OTHERS[1]]


def test_items_of_files(tmp_path: Path) -> None:
    bench(tmp_path, {"id": 7, "sentence1": "甲", "sentence2": "乙", "label": "yes"}, name="a.jsonl")
    (tmp_path / "b.json").write_text(
        '[{"turns": ["一", "二"]}, {"instruction": "訳せ", "input": "x"}]', "utf-8"
    )
    pl.DataFrame({"qid": ["p"], "question": ["問"], "answers": [{"text": ["答", "解"]}]}).write_parquet(
        tmp_path / "c.parquet"
    )
    (tmp_path / "valid-v1.json").write_text('{"question": "線"}\n{"question": "行"}\n', "utf-8")
    read = list(items({str(tmp_path): str(tmp_path)}, {}))
    names = [(Path(i.file).name, i.name, i.questions, i.answers) for i in read]
    assert names == [
        ("a.jsonl", "7", ("甲\n乙",), ("yes",)),
        ("b.json", "0", ("一", "二"), ()),
        ("b.json", "1", ("訳せ\nx",), ()),
        ("c.parquet", "p", ("問",), ("答", "解")),
        ("valid-v1.json", "0", ("線",), ()),
        ("valid-v1.json", "1", ("行",), ()),
    ]


def test_a_saved_dataset_is_a_benchmark(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_dict({"question": [QUESTION]}).save_to_disk(tmp_path / "saved")
    (item,) = items({"saved": str(tmp_path / "saved")}, {})
    assert item.file.startswith("saved/data-")
    assert item.questions == (QUESTION,)


def test_what_is_no_benchmark_is_named(tmp_path: Path) -> None:
    wrong = bench(tmp_path, {"q": "問い"})
    with pytest.raises(SeimaiError, match=r"bench.jsonl has no item with a text under question, .*fields"):
        list(items({wrong: wrong}, {}))
    with pytest.raises(SeimaiError, match="under body; say where"):
        list(items({wrong: wrong}, {"question": ["body"]}))
    (tmp_path / "x.jsonl").write_text('{"question": "一"}\n{broken\n', "utf-8")
    with pytest.raises(SeimaiError, match=r"x.jsonl, record 1: "):
        list(items({"x": str(tmp_path / "x.jsonl")}, {}))
    (tmp_path / "y.csv").write_text("a,b\n", "utf-8")
    with pytest.raises(SeimaiError, match=r"y.csv is no benchmark: .jsonl, .json, .parquet"):
        list(items({"y": str(tmp_path / "y.csv")}, {}))
    with pytest.raises(ValidationError, match="share"):
        Decontaminate(against="x", share=0)


def test_where_nothing_is_found_the_columns_are_there_all_the_same(tmp_path: Path) -> None:
    bench(tmp_path, {"question": QUESTION})
    bench(tmp_path, {"text": OTHERS[0]}, name="corpus.jsonl")
    dataset = made(tmp_path, "bench.jsonl", "drop")
    assert dataset.kept.read().select("contaminated_by", "contamination").rows() == [(None, None)]
    (row,) = pl.read_ndjson(dataset.path / "captured" / "items.jsonl").rows(named=True)
    assert (row["status"], row["found"]) == ("sought", 0)


def test_what_was_searched_is_not_searched_again(tmp_path: Path) -> None:
    against = bench(tmp_path, {"question": QUESTION})
    rows = documents(OTHERS[0], QUESTION)
    shard = Shard(tmp_path / "rows.parquet", rows.height)
    write_parquet(rows, shard.path)
    (tmp_path / "work").mkdir()
    job = Job("corpus", 1, tmp_path / "work", tmp_path / "captured", LocalExecutor(1), Display().bar)
    whole = pl.concat(Decontaminate(against=against).select(Rows((shard,)), job))
    account = (job.out / "items.jsonl").read_bytes()
    Path(against).unlink()  # neither the benchmark nor the texts' matches are read anew
    again = pl.concat(Decontaminate(against=against).select(Rows((shard,)), job))
    assert_frame_equal(again, whole)
    assert (job.out / "items.jsonl").read_bytes() == account
