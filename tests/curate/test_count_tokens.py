"""`curate.count_tokens`, against the libraries' own counts."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from curate.count_tokens import CountTokens
from curate.counting import tokenizer as module
from curate.counting.tokenizer import batches, open_tokenizer
from seimai.errors import SeimaiError
from seimai.executor import LocalExecutor
from seimai.progress import Display
from seimai.recipe import load_recipe
from seimai.run import Runner

TEXTS = [
    "精米した米は、洗ってから三十分ほど水に浸します。",
    "",
    "int main(void) { return 0; }\n",
    "🍚 ご飯。",
]


@pytest.fixture(scope="session")
def llm_jp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LLM-jp's tokenizer in both formats, each in a folder of its own."""
    import zstandard

    source = Path(__file__).parents[3] / "shared/data/models/llm-jp-tokenizer"
    if not source.is_dir():
        pytest.skip(f"no {source}: the data is not beside the repository")
    folder = tmp_path_factory.mktemp("llm-jp")
    for name in ("hf", "sp"):
        (folder / name).mkdir()
    packed = (source / "tokenizer.json.zst").read_bytes()
    data = zstandard.ZstdDecompressor().stream_reader(packed).read()
    (folder / "hf/tokenizer.json").write_bytes(data)
    (folder / "hf/tokenizer_config.json").write_bytes((source / "tokenizer_config.json").read_bytes())
    (folder / "sp/tokens.model").write_bytes((source / "code10K_en20K_ja30K.ver2.2.model").read_bytes())
    return folder


def count(place: Path, texts: list[str | None], **parameters: Any) -> pl.DataFrame:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return CountTokens(tokenizer=str(place), **parameters).apply(frame)


def test_counts_are_those_of_the_libraries(llm_jp: Path) -> None:
    import sentencepiece
    from tokenizers import Tokenizer

    theirs: Any = Tokenizer.from_file(str(llm_jp / "hf/tokenizer.json"))
    expected = [len(theirs.encode(t, add_special_tokens=False).ids) for t in TEXTS]
    assert_frame_equal(count(llm_jp / "hf", TEXTS), pl.DataFrame({"text": TEXTS, "tokens": expected}))
    pieces: Any = sentencepiece.SentencePieceProcessor(model_file=str(llm_jp / "sp/tokens.model"))
    expected = [len(pieces.encode(t)) for t in TEXTS]
    assert_frame_equal(count(llm_jp / "sp", TEXTS), pl.DataFrame({"text": TEXTS, "tokens": expected}))


def test_both_formats_of_one_tokenizer_agree_on_real_text(llm_jp: Path, evaluation: Any) -> None:
    texts = evaluation("dup_law_docs")["text"].to_list()[:50]
    assert_frame_equal(count(llm_jp / "hf", texts), count(llm_jp / "sp", texts))
    characters = sum(map(len, texts))
    assert 1.2 < characters / count(llm_jp / "hf", texts)["tokens"].sum() < 2.5


def test_missing_text_has_no_number(llm_jp: Path) -> None:
    counted = count(llm_jp / "hf", ["米", None, ""], column="tokens_llm_jp")
    assert counted["tokens_llm_jp"].to_list() == [2, None, 0]
    assert count(llm_jp / "hf", []).schema == {"text": pl.String, "tokens": pl.Int64}


def test_what_looks_like_a_special_token_is_text(llm_jp: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = open_tokenizer(str(llm_jp / "hf"))
    assert tokenizer.end == "<EOD|LLM-jp>"
    ids, lengths = tokenizer.encode(["終わりに<EOD|LLM-jp>を置く", "次"])
    assert tokenizer.id_of("<EOD|LLM-jp>") == 7
    assert 7 not in ids
    assert lengths.sum() == len(ids)
    assert tokenizer.counts(["終わりに<EOD|LLM-jp>を置く", "次"]) == lengths.tolist()
    back = Tokenizer.from_file(str(llm_jp / "hf/tokenizer.json")).decode(ids[: lengths[0]].tolist())
    assert back.strip() == "終わりに<EOD|LLM-jp>を置く"


def test_a_tokenizer_that_cuts_or_pads_does_neither_here(llm_jp: Path, tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    cutting: Any = Tokenizer.from_file(str(llm_jp / "hf/tokenizer.json"))
    cutting.enable_truncation(4)
    cutting.enable_padding(length=8)
    cutting.save(str(tmp_path / "tokenizer.json"))
    assert_frame_equal(count(tmp_path, TEXTS), count(llm_jp / "hf", TEXTS))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=12))
@settings(max_examples=25)
def test_batches_lose_nothing(texts: list[str]) -> None:
    before = module.BATCH_BYTES
    module.BATCH_BYTES = 40
    try:
        some = [list(b) for b in batches(texts)]
    finally:
        module.BATCH_BYTES = before
    assert [t for b in some for t in b] == texts
    assert all(len(b) == 1 or sum(len(t.encode()) for t in b) <= 40 for b in some)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "the tokenizer .*nowhere is not there"),
        ("notes.txt", "is no tokenizer: expected a folder"),
        ("broken/tokenizer.json", "tokenizer.json is no tokenizer: "),
        ("broken.model", r"broken\.model is no tokenizer: "),
        ("empty", r"empty holds no tokenizer: neither tokenizer\.json nor a \.model"),
        ("two", r"two holds no tokenizer: 2 \.model files, name one"),
    ],
)
def test_what_is_no_tokenizer_is_said(tmp_path: Path, name: str, message: str) -> None:
    for folder in ("empty", "two", "broken"):
        (tmp_path / folder).mkdir()
    for file in ("notes.txt", "broken/tokenizer.json", "broken.model", "two/a.model", "two/b.model"):
        (tmp_path / file).write_text("米")
    with pytest.raises(SeimaiError, match=message):
        CountTokens(tokenizer=str(tmp_path / name)).check()


def test_two_tokenizers_in_one_recipe(llm_jp: Path, tmp_path: Path) -> None:
    lines = [json.dumps({"text": t}, ensure_ascii=False) for t in TEXTS if t]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    (tmp_path / "recipe.yaml").write_text(
        f"""\
name: counted
corpus:
  from: {{files: a.jsonl, license: MIT}}
  steps:
    - curate.count_tokens: {{tokenizer: {llm_jp / "hf"}}}
    - curate.count_tokens: {{tokenizer: {llm_jp / "sp"}, column: tokens_sp}}
again:
  from: corpus
  steps: [curate.exact_dedup]
""",
        "utf-8",
    )
    executor = LocalExecutor(1)
    passes, _ = Runner(load_recipe(tmp_path / "recipe.yaml"), tmp_path / "out", executor, Display()).run(
        ["again"]
    )
    executor.close()
    assert passes[-1].columns >= {"tokens", "tokens_sp"}
    rows = pl.read_parquet(passes[-1].directory / "kept/*.parquet")
    assert rows.schema["tokens"] == pl.Int64
    assert rows["tokens"].to_list() == rows["tokens_sp"].to_list()


def test_a_column_of_documents_is_not_overwritten(llm_jp: Path) -> None:
    with pytest.raises(SeimaiError, match="documents have a column 'text' already"):
        CountTokens(tokenizer=str(llm_jp / "hf"), column="text").check()
