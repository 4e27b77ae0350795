import json
import pickle
import unicodedata
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from curate.read import Files, find, kind_of, read, tasks
from seimai.errors import SeimaiError
from seimai.rows import row_id, schema

TEXT = "吾輩は猫である。名前はまだ無い。"


def rows(base: Path, files: str | list[str] = "*", **spec: Any) -> pl.DataFrame:
    entry = Files(files=files, **spec)
    return pl.concat(
        [f for task in tasks(entry, base) for f in read(pickle.loads(pickle.dumps(task)), entry)]
    )


def jsonl(path: Path, *records: Any) -> None:
    lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def test_documents_have_exactly_their_columns(tmp_path: Path):
    (tmp_path / "猫.html").write_bytes(f"<p>{TEXT}</p>".encode("cp932"))
    got = rows(tmp_path, license="CC0", source="手元")
    size = len(f"<p>{TEXT}</p>".encode("cp932"))
    origin = {"file": "猫.html", "member": None, "record": 0, "start": 0, "end": size, "parents": []}
    expected = pl.DataFrame(
        {
            "id": [row_id("猫.html", None, 0)],
            "origin": [origin],
            "text": [f"<p>{TEXT}</p>"],
            "source": ["手元"],
            "url": [None],
            "license": ["CC0"],
            "meta": [None],
            "title": [None],
            "media": ["html"],
            "encoding": ["cp932"],
            "failed": [None],
        },
        schema={
            **schema("documents"),
            "title": pl.String,
            "media": pl.String,
            "encoding": pl.String,
            "failed": pl.String,
        },
    )
    assert_frame_equal(got, expected)


def test_records_fill_columns_and_the_rest_is_meta(tmp_path: Path):
    record = {"id": 7, "body": TEXT, "license": "MIT", "url": "https://例.jp", "tags": ["猫"], "title": "題"}
    jsonl(tmp_path / "a.jsonl", record, "", {"body": "二"})
    got = rows(tmp_path, columns={"text": "body"}, license="CC0")
    assert got["text"].to_list() == [TEXT, "二"]
    assert got["license"].to_list() == ["MIT", "CC0"]
    assert got["title"].to_list() == ["題", None]
    assert got["meta"].to_list() == ['{"id": 7, "tags": ["猫"]}', None]
    assert got["origin"].struct.field("record").to_list() == [0, 2]
    data = (tmp_path / "a.jsonl").read_bytes()
    spans = [data[o["start"] : o["end"]] for o in got["origin"].to_list()]
    assert [json.loads(s)["body"] for s in spans] == [TEXT, "二"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{bad", "line 2: not JSON: Expecting property name enclosed in double quotes at character 1"),
        ("[1]", "line 2: not an object"),
        ('{"txt": "x"}', "line 2: no key 'text'"),
        ('{"text": null}', "line 2: key 'text' is missing, not a text"),
        ('{"text": ["x"]}', "line 2: key 'text' is a list, not a text"),
        ('{"text": ""}', "line 2: key 'text' is empty"),
        ("[" * 100_000, "line 2: nested too deeply"),
    ],
)
def test_a_bad_line_costs_itself(tmp_path: Path, line: str, why: str):
    jsonl(tmp_path / "a.jsonl", {"text": "一"}, line, {"text": "三"})
    got = rows(tmp_path)
    assert got["text"].to_list() == ["一", None, "三"]
    assert got["failed"].to_list() == [None, f"a.jsonl, {why}", None]


def test_bytes_that_are_not_utf_8_and_lone_surrogates(tmp_path: Path):
    (tmp_path / "a.jsonl").write_bytes(
        b'\xef\xbb\xbf{"text": "a\\ud800b"}\n{"text": "\x82\xa0"}\n{"text": "\\ud83d\\ude00"}'
    )
    got = rows(tmp_path)
    assert got["text"].to_list() == ["a\ufffdb", None, "😀"]
    assert got["failed"].to_list() == [None, "a.jsonl, line 2: not UTF-8 at byte 10", None]


def test_numbers_that_json_lacks_do_not_reach_meta(tmp_path: Path):
    jsonl(tmp_path / "a.jsonl", '{"text": "x", "score": NaN, "big": 123456789012345678901234567890}')
    assert rows(tmp_path)["meta"].to_list() == ['{"score": null, "big": 123456789012345678901234567890}']


def test_chat(tmp_path: Path):
    more = [{"role": "user", "content": "問い", "name": "太郎"}, {"role": "assistant", "content": "答え"}]
    jsonl(
        tmp_path / "a.jsonl",
        {"messages": more, "text": ""},
        {"messages": "問い"},
        {"messages": [{"role": "user"}]},
    )
    got = rows(tmp_path)
    assert got.columns == [*schema("chat"), "failed"]
    assert got["messages"].to_list() == [
        [{"role": "user", "content": "問い"}, {"role": "assistant", "content": "答え"}],
        [{"role": "user", "content": "問い"}],
        None,
    ]
    assert json.loads(got["meta"][0])["messages"] == more  # the name has no column
    assert (
        got["failed"][2]
        == "a.jsonl, line 3: key 'messages' has in message 0 as 'content' missing, not a text"
    )


def test_prompts_with_responses(tmp_path: Path):
    responses = [{"text": "甲", "model": "m", "sampling": {"n": 1}}, "乙"]
    jsonl(tmp_path / "a.jsonl", {"prompt": "問い", "responses": responses}, {"prompt": "問い"}, {"prompt": 3})
    got = rows(tmp_path)
    assert got.columns == [*schema("prompts"), "failed"]
    row = row_id("a.jsonl", None, 0)
    assert got["id"][0] == row
    assert got["responses"].to_list()[0] == [
        {
            "id": row_id(row, 0),
            "text": "甲",
            "engine": None,
            "model": "m",
            "sampling": '{"n": 1}',
            "scores": [],
        },
        {"id": row_id(row, 1), "text": "乙", "engine": None, "model": None, "sampling": None, "scores": []},
    ]
    assert got["responses"].to_list()[1] == []
    assert got["failed"][2] == "a.jsonl, line 3: key 'prompt' is a number, not a text or a list of messages"


def test_pairs(tmp_path: Path):
    record = {
        "prompt": "問い",
        "chosen": "良い",
        "rejected": [{"role": "assistant", "content": "悪い"}],
        "margin": 2,
    }
    jsonl(
        tmp_path / "a.jsonl",
        {**record, "votes": {"chosen": 2}, "label_source": "human"},
        {**record, "chosen": ""},
    )
    got = rows(tmp_path)
    assert got.columns == [*schema("pairs"), "failed"]
    assert got.row(0, named=True) | {"id": "", "origin": {}} == {
        "id": "",
        "origin": {},
        "prompt": [{"role": "user", "content": "問い"}],
        "chosen": [{"role": "assistant", "content": "良い"}],
        "rejected": [{"role": "assistant", "content": "悪い"}],
        "label_source": "human",
        "votes": '{"chosen": 2}',
        "agreement": None,
        "margin": 2.0,
        "source": None,
        "license": None,
        "meta": None,
        "failed": None,
    }
    assert got["failed"][1] == "a.jsonl, line 2: key 'chosen' is empty"


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"text": "x", "messages": []}, "documents"),
        ({"text": "", "messages": []}, "chat"),
        ({"prompt": "x", "chosen": "y", "rejected": "z"}, "pairs"),
        ({"prompt": "x", "responses": []}, "prompts"),
        ({"text": ""}, "documents"),
    ],
)
def test_the_kind_is_told_from_the_first_record(tmp_path: Path, record: dict[str, Any], kind: str):
    jsonl(tmp_path / "a.jsonl", "{bad", record)
    assert kind_of(Files(files="*"), tmp_path) == kind
    assert kind_of(Files(files="*", kind="candidates"), tmp_path) == "candidates"


def test_keys_of_no_kind_are_the_user_s_to_name(tmp_path: Path):
    jsonl(tmp_path / "a.jsonl", {"body": "x", "n": 1})
    with pytest.raises(
        SeimaiError, match=r"a.jsonl has no text, messages or prompt among its keys \(body, n\)"
    ):
        kind_of(Files(files="*"), tmp_path)


def test_a_page_among_pairs_fails(tmp_path: Path):
    jsonl(tmp_path / "a.jsonl", {"messages": "x"})
    (tmp_path / "b.txt").write_text(TEXT, "utf-8")
    assert rows(tmp_path)["failed"].to_list() == [None, "b.txt: a page among chat"]


def test_files_that_are_no_text(tmp_path: Path):
    (tmp_path / "a.html").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "b.txt").write_bytes(b"")
    (tmp_path / "c.png").write_bytes(b"\x89PNG")
    (tmp_path / "d.jsonl").write_bytes(b"\n\n")
    (tmp_path / "e.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "LICENSE").write_text("x")
    (tmp_path / ".hidden.txt").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("x")
    got = rows(tmp_path, "**/*")
    assert got["text"].null_count() == got.height == 6
    assert got["failed"].to_list()[:5] == [
        "LICENSE: no file type",
        "a.html: binary data, not text",
        "b.txt: empty file",
        "c.png: unknown file type .png",
        "d.jsonl: empty file",
    ]
    assert got["failed"][5].startswith("e.parquet: breaks off at row 0: ")


def test_a_file_that_vanished_or_may_not_be_read_is_a_row(tmp_path: Path):
    for name in ("a.jsonl", "b.txt", "c.tar", "d.warc"):
        (tmp_path / name).write_text("x")
    entry = Files(files="*", kind="documents")
    made = tasks(entry, tmp_path)
    for path in tmp_path.iterdir():
        path.unlink()
    got = pl.concat([f for task in made for f in read(task, entry)])
    assert sorted(got["failed"]) == [
        f"{n}: No such file or directory" for n in ("a.jsonl", "b.txt", "c.tar", "d.warc")
    ]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_keep_their_normal_form(tmp_path: Path, form: str):
    name = unicodedata.normalize(form, "ガイドブック.txt")
    (tmp_path / name).write_text(TEXT, "utf-8")
    for pattern in ("*.txt", unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
        assert rows(tmp_path, pattern)["origin"].struct.field("file").to_list() == [name]


def test_a_name_that_is_not_utf_8(tmp_path: Path):
    try:
        (tmp_path / "日本語の本.txt".encode("cp932").decode("utf-8", "surrogateescape")).write_text(
            TEXT, "utf-8"
        )
    except OSError:
        pytest.skip("the file system takes only UTF-8 names")
    assert rows(tmp_path)["origin"].struct.field("file").to_list() == ["日本語の本.txt"]


def test_files_come_once_sorted_by_the_recorded_path(tmp_path: Path):
    base = tmp_path / "recipe"
    base.mkdir()
    for path in (base / "b.txt", base / "a.txt", base / "[1].txt", tmp_path / "outside.txt"):
        path.write_text(TEXT, "utf-8")
    entry = Files(files=["*.txt", "a.txt", "[1].txt", "../*.txt"])
    assert find(entry, base) == [tmp_path / "outside.txt", base / "[1].txt", base / "a.txt", base / "b.txt"]
    assert rows(base, entry.files)["origin"].struct.field("file").to_list() == [
        (tmp_path / "outside.txt").as_posix(),
        "[1].txt",
        "a.txt",
        "b.txt",
    ]


def test_patterns_without_files_are_errors(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.txt").write_text("x")
    for pattern, why in {
        "empty/*": f"no file matches 'empty/*' in {tmp_path}/empty, which is empty",
        "none/*": f"no file matches 'none/*': there is no folder {tmp_path}/none",
        "*.html": f"no file matches '*.html' in {tmp_path}, which has files, but none of that name",
        "empty": "'empty' is a folder: write 'empty/**/*' for the files in it",
    }.items():
        with pytest.raises(SeimaiError) as caught:
            find(Files(files=pattern), tmp_path)
        assert str(caught.value) == why


def test_settings_are_checked():
    with pytest.raises(ValidationError, match="no column 'texts'; did you mean 'text'"):
        Files(files="*", columns={"texts": "body"})
    with pytest.raises(ValidationError, match="files hold rows that people wrote, not models"):
        Files(files="*", kind="model")


def test_many_documents_share_a_task_and_large_files_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for i in range(5):
        (tmp_path / f"{i}.txt").write_text(TEXT, "utf-8")
    jsonl(tmp_path / "9.jsonl", *({"text": f"{TEXT}{i}"} for i in range(3000)), "{bad")
    whole = rows(tmp_path)
    assert len(tasks(Files(files="*"), tmp_path)) == 2
    monkeypatch.setattr("curate.read.TASK_FILES", 2)
    monkeypatch.setattr("curate.read.TASK_BYTES", 20_000)
    monkeypatch.setattr("curate.reading.jsonl.CUT", 1000)
    assert len(tasks(Files(files="*"), tmp_path)) > 10
    assert_frame_equal(rows(tmp_path), whole)
    assert whole["failed"][-1].startswith("9.jsonl, line 3001: not JSON")


def test_a_long_line(tmp_path: Path):
    long = "米" * (17 << 20)
    jsonl(tmp_path / "a.jsonl", {"text": "一"}, {"text": long}, {"text": "三"})
    assert rows(tmp_path)["text"].str.len_chars().to_list() == [1, 17 << 20, 1]


def test_records_beyond_the_cap_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.jsonl.LARGEST", 1 << 20)
    monkeypatch.setattr("curate.reading.documents.LARGEST", 1 << 20)
    jsonl(tmp_path / "a.jsonl", {"text": "一"}, {"text": "x" * (3 << 20)}, {"text": "三"})
    (tmp_path / "b.txt").write_text("x" * (2 << 20))
    got = rows(tmp_path)
    assert got["text"].to_list() == ["一", None, "三", None]
    assert got["failed"].to_list()[1::2] == ["a.jsonl, line 2: longer than 1 MiB", "b.txt: larger than 1 MiB"]


@given(
    data=st.binary(max_size=300),
    suffix=st.sampled_from(
        ["html", "md", "jsonl", "parquet", "tar", "tar.gz", "zip", "warc", "txt.zst", "jsonl.gz"]
    ),
)
def test_no_bytes_stop_the_reader(tmp_path_factory: pytest.TempPathFactory, data: bytes, suffix: str):
    base = tmp_path_factory.mktemp("any")
    (base / f"a.{suffix}").write_bytes(data)
    got = rows(base, kind="documents")
    assert got.filter(pl.col("text").is_null() & pl.col("failed").is_null()).is_empty()
