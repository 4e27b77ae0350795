import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from polars.testing import assert_frame_equal

from curate.read import Files, read, tasks

TEXT = "吾輩は猫である。名前はまだ無い。"
SHARED = Path(__file__).parents[3] / "shared" / "data"


def rows(base: Path, files: str | list[str] = "*", **spec: Any) -> pl.DataFrame:
    entry = Files(files=files, **spec)
    return pl.concat([f for task in tasks(entry, base) for f in read(task, entry)])


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def tar_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def packed(data: bytes, codec: str) -> bytes:
    return PACKED[codec](data)


MEMBERS = {
    "../../猫.html": f"<p>{TEXT}</p>".encode("euc_jp"),
    "b.jsonl": b'{"text": "x"}\n{bad\n',
    "c.png": b"\x89PNG",
    ".hidden.txt": b"x",
    "d.txt.gz": gzip.compress(TEXT.encode()),
    "e.zip": b"PK",
}


@pytest.mark.parametrize("codec", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_tar(tmp_path: Path, codec: str):
    (tmp_path / f"a.tar{codec}").write_bytes(packed(tar_of(MEMBERS), codec))
    got = rows(tmp_path)
    assert got["origin"].struct.field("member").to_list() == [
        "../../猫.html",
        "b.jsonl",
        "b.jsonl",
        "c.png",
        "d.txt.gz",
        "e.zip",
    ]
    assert got["origin"].struct.field("record").to_list() == [0, 0, 1, 2, 3, 4]
    assert got["text"].to_list() == [f"<p>{TEXT}</p>", "x", None, None, TEXT, None]
    name = f"a.tar{codec}, member"
    assert got["failed"].to_list() == [
        None,
        None,
        f"{name} b.jsonl, line 2: not JSON: Expecting property name enclosed in double quotes at character 1",
        f"{name} c.png: unknown file type .png",
        None,
        f"{name} e.zip: an archive in an archive",
    ]
    assert got["id"].n_unique() == got.height


def test_members_of_the_same_name_are_two_rows(tmp_path: Path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for text in (b"one", b"two"):
            info = tarfile.TarInfo("a.txt")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    (tmp_path / "a.tar").write_bytes(buffer.getvalue())
    got = rows(tmp_path)
    assert got["text"].to_list() == ["one", "two"]
    assert got["id"].n_unique() == 2


@pytest.mark.parametrize("codec", ["", ".gz", ".zst", ".bz2", ".xz"])
@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_broken_tar_gives_what_was_readable(tmp_path: Path, codec: str, damage: str):
    members = {f"{i:03}.txt": (f"{i} {TEXT}" * 300).encode() for i in range(100)}
    data = bytearray(tar_of(members))
    if damage == "overwritten":
        at = data.index(b"050.txt")
        data[at : at + 512] = b"x" * 512
        damaged = packed(bytes(data), codec)
    else:
        damaged = packed(bytes(data), codec)
        damaged = damaged[: len(damaged) * 2 // 3]
    (tmp_path / f"a.tar{codec}").write_bytes(damaged)
    got = rows(tmp_path)
    failed = got["failed"].to_list()
    assert all(text.startswith(f"{i} {TEXT}") for i, text in enumerate(got["text"].drop_nulls()))
    assert got["text"].drop_nulls().len() >= (50 if damage == "overwritten" or not codec else 0)
    assert failed[-1] is not None
    assert "breaks off" in failed[-1]


def test_zip_with_names_from_windows(tmp_path: Path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("資料/猫.txt", TEXT)
        archive.writestr("__MACOSX/x.txt", "x")
        archive.writestr("XXXXXX/bad.txt", TEXT * 10)
        archive.writestr("z.jsonl", '{"text": "x"}')
    data = buffer.getvalue().replace(b"XXXXXX", "資料集".encode("cp932"))
    at = data.index(TEXT.encode() * 10)
    (tmp_path / "a.zip").write_bytes(data[:at] + b"?" + data[at + 1 :])
    got = rows(tmp_path)
    assert got["origin"].struct.field("member").to_list() == ["資料/猫.txt", "資料集/bad.txt", "z.jsonl"]
    assert got["text"].to_list() == [TEXT, None, "x"]
    assert got["failed"][1].startswith("a.zip, member 資料集/bad.txt: Bad CRC-32")


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.documents.LARGEST", 1 << 20)
    zeros = bytes(64 << 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", zeros)
    (tmp_path / "b.txt.zst").write_bytes(zstandard.compress(zeros))
    assert rows(tmp_path)["failed"].to_list() == [
        "a.zip, member a.txt: larger than 1 MiB",
        "b.txt.zst: larger than 1 MiB",
    ]


@pytest.mark.parametrize("codec", [".gz", ".zst", ".bz2", ".xz"])
def test_json_lines_that_break_off(tmp_path: Path, codec: str):
    lines = b"".join(json.dumps({"text": f"{i} {i * i}"}).encode() + b"\n" for i in range(50_000))
    data = packed(lines, codec)
    (tmp_path / f"a.jsonl{codec}").write_bytes(data[: len(data) * 3 // 4])
    got = rows(tmp_path)
    assert got.height > 10_000
    assert got["text"][:-1].null_count() == 0
    assert got["failed"][-1] == (
        f"a.jsonl{codec}: breaks off in line {got.height}: Truncated compressed stream"
    )


@pytest.mark.parametrize("codec", ["", ".gz", ".zst", ".bz2", ".xz"])
def test_compression_changes_nothing_but_the_name(tmp_path: Path, codec: str):
    data = f'{{"text": "{TEXT}"}}\n\n{{"text": "二"}}\n'.encode()
    half = data.index(b"\n") + 1
    joined = packed(data, "") if not codec else packed(data[:half], codec) + packed(data[half:], codec)
    (tmp_path / f"a.jsonl{codec}").write_bytes(joined)
    got = rows(tmp_path)
    assert got["text"].to_list() == [TEXT, "二"]
    assert [(o["start"], o["end"]) for o in got["origin"].to_list()] == [
        (0, half - 1),
        (half + 1, len(data) - 1),
    ]


def test_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    frame = pl.DataFrame(
        {
            "text": [f"{TEXT}{i}" for i in range(100)],
            "day": [datetime(2026, 1, 1)] * 100,
            "score": [float("nan")] * 100,
            "raw": [b"\xff"] * 100,
        }
    ).with_columns(pl.col("day").cast(pl.Datetime("ns")))
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=10)
    whole = rows(tmp_path)
    assert whole["text"].to_list() == frame["text"].to_list()
    assert whole["origin"].struct.field("record").to_list() == list(range(100))
    assert json.loads(whole["meta"][0]) == {"day": "2026-01-01 00:00:00", "score": None, "raw": "\\xff"}
    monkeypatch.setattr("curate.read.TASK_BYTES", 1)
    assert len(tasks(Files(files="*"), tmp_path)) == 10
    assert_frame_equal(rows(tmp_path), whole)


def test_parquet_of_another_shape(tmp_path: Path):
    pl.DataFrame({"text": [1, None]}).write_parquet(tmp_path / "a.parquet")
    assert rows(tmp_path, kind="documents")["failed"].to_list() == [
        "a.parquet, row 0: key 'text' is a number, not a text",
        "a.parquet, row 1: key 'text' is missing, not a text",
    ]


def record(kind: str, body: bytes, uri: str = "https://例.jp/") -> bytes:
    head = f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:{kind}{len(body)}>\r\n"
    head += f"WARC-Target-URI: {uri}\r\n"
    http = "application/http; msgtype=response"
    return f"{head}Content-Type: {http}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body + b"\r\n\r\n"


def answer(body: bytes, status: str = "200 OK", content_type: str = "text/html") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


@pytest.mark.parametrize("codec", ["", ".gz"])
def test_warc(tmp_path: Path, codec: str):
    page = f"<meta charset=utf-8><p>{TEXT}</p>"
    records = [
        record("warcinfo", b"software: x"),
        record("request", b"GET / HTTP/1.1\r\n\r\n"),
        record("response", answer(page.encode("euc_jp"), content_type="text/html; charset=EUC-JP")),
        record("response", answer(b"gone", status="404 Not Found")),
        record("response", answer(b"\x89PNG", content_type="image/png")),
    ]
    (tmp_path / f"a.warc{codec}").write_bytes(b"".join(packed(r, codec) for r in records))
    got = rows(tmp_path)
    assert got["text"].to_list() == [page, None, None]
    assert got["url"].to_list()[0] == "https://例.jp/"
    assert got["encoding"].to_list()[0] == "euc_jp"
    assert [f and f.split(">")[1] for f in got["failed"]] == [
        None,
        ": HTTP status 404",
        ": no page: content type image/png",
    ]
    data = b"".join(records)
    spans = [data[o["start"] : o["end"]] for o in got["origin"].to_list()]
    assert [s.rstrip() for s in spans] == [r.rstrip() for r in records[2:]]


@pytest.mark.parametrize("codec", ["", ".gz"])
def test_a_warc_that_breaks_off(tmp_path: Path, codec: str):
    records = [record("response", answer((f"<p>{TEXT}</p>" * 50 + str(i)).encode())) for i in range(30)]
    data = b"".join(packed(r, codec) for r in records)
    (tmp_path / f"a.warc{codec}").write_bytes(data[: len(data) // 2])
    got = rows(tmp_path)
    assert 10 <= got["text"].drop_nulls().len() <= 16
    assert "breaks off after record" in got["failed"][-1]


def test_the_sample_crawl_decodes_as_its_pages_do():
    if not SHARED.is_dir():
        pytest.skip("needs ../shared/data")
    pages = rows(SHARED, "html/html_dev.tar.zst").select(
        member=pl.col("origin").struct.field("member"), text="text"
    )
    crawl = rows(SHARED, "html/sample_ja.warc.gz").filter(pl.col("failed").is_null())
    crawl = crawl.with_columns(member=pl.col("url").str.strip_prefix("https://example.jp/"))
    both = crawl.join(pages, on="member", how="left")
    assert both.height == 157
    assert both.filter(pl.col("text") != pl.col("text_right")).height == 0
    assert both["text_right"].null_count() == 0
