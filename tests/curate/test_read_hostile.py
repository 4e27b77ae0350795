"""Files that are made to hurt: each costs bounded time and memory, and is rows that say why."""

import bz2
import gzip
import io
import json
import lzma
import random
import resource
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.read import Files, read, tasks

pytestmark = pytest.mark.timeout(300)  # far above what any of these needs, far below what a bomb takes

TEXT = "吾輩は猫である。名前はまだ無い。"
CODECS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def rows(base: Path, files: str = "*") -> pl.DataFrame:
    entry = Files(files=files, kind="documents")
    got = pl.concat([f for task in tasks(entry, base) for f in read(task, entry)])
    assert got.filter(pl.col("text").is_null() & pl.col("failed").is_null()).is_empty()
    assert got["id"].n_unique() == got.height
    return got


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 3 << 20  # KiB


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, io.BytesIO(data)


def tar(*members: tuple[tarfile.TarInfo, io.BytesIO]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for info, data in members:
            archive.addfile(info, data)
    return buffer.getvalue()


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("form", ["txt", "jsonl", "xml", "tar"])
def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, codec: str):
    monkeypatch.setattr("curate.reading.streams.Budget.FREE", 1 << 20)
    monkeypatch.setattr("curate.reading.streams.Budget.MOST_TIMES", 100)
    zeros = bytes(64 << 20)
    data = {
        "txt": zeros,
        "jsonl": b'{"text": "' + zeros,
        "xml": b"<mediawiki><page>" + zeros,
        "tar": tar(member("a.txt", zeros)),
    }[form]
    (tmp_path / f"a.{form}{codec}").write_bytes(CODECS[codec](data))
    got = rows(tmp_path)
    assert got["text"].to_list() == [None] * got.height
    assert "expands to more than 100 times its size" in got["failed"][0]


def test_text_that_packs_well_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.streams.Budget.FREE", 1 << 20)
    texts = [f"{TEXT}第{i}章。{(i * 7919) % 10007}回目の文。" * 20 for i in range(2000)]
    lines = b"\n".join(json.dumps({"text": t}, ensure_ascii=False).encode() for t in texts)
    for codec, pack in CODECS.items():
        (tmp_path / f"a.jsonl{codec}").write_bytes(pack(lines))
    assert rows(tmp_path)["failed"].null_count() == 8000


def overlapping(count: int, data: bytes) -> bytes:
    """A zip of many members that are all the same bytes, as in the bombs of David Fifield."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", data)
        archive.filelist *= count
    return buffer.getvalue()


def test_a_zip_whose_members_share_their_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.streams.Budget.FREE", 1 << 20)
    (tmp_path / "a.zip").write_bytes(overlapping(3000, bytes(8 << 20)))
    got = rows(tmp_path)
    assert got.height == 3000
    assert got["text"].null_count() == 3000
    last = got["failed"][-1]  # newer Pythons refuse overlapping members themselves
    assert "expands to more than 1000 times its size" in last or "verlap" in last


def test_links_of_archives_lead_nowhere(tmp_path: Path):
    kinds = {"type": tarfile.SYMTYPE, "linkname": "b.txt"}, {"type": tarfile.LNKTYPE, "linkname": "a.txt"}
    (tmp_path / "a.tar").write_bytes(
        tar(
            member("a.txt", **kinds[0]),
            member("b.txt", **kinds[1]),
            member("c.txt", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            member("d.txt", type=tarfile.FIFOTYPE),
            member("e.txt", type=tarfile.CHRTYPE),
            member("f.txt", TEXT.encode()),
        )
    )
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("f.txt", TEXT)
    assert rows(tmp_path)["text"].to_list() == [TEXT, TEXT]


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/out.txt",
        "/tmp/out.txt",
        "..\\..\\out.txt",
        "C:\\out.txt",
        "a/../../out.txt",
        "～/" + "長" * 300 + ".txt",
    ],
)
def test_names_that_lead_out_write_nothing(tmp_path: Path, name: str):
    (tmp_path / "a.tar").write_bytes(tar(member(name, TEXT.encode())))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(name, TEXT)
    got = rows(tmp_path)
    assert got["text"].to_list() == [TEXT, TEXT]
    assert got["origin"].struct.field("member").to_list() == [name, name]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar", "b.zip"]


def test_a_zip_member_without_a_name(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", TEXT)
    data = (tmp_path / "a.zip").read_bytes()
    at = data.index(b"PK\x01\x02")
    nameless = bytearray(data)
    nameless[at + 28 : at + 30] = b"\0\0"
    nameless[at + 46 : at + 47] = b""
    end = nameless.index(b"PK\x05\x06")
    nameless[end + 12 : end + 16] = (end - at).to_bytes(4, "little")
    (tmp_path / "a.zip").write_bytes(nameless)
    assert rows(tmp_path)["text"].to_list() == [None]


def test_tar_headers_that_claim_too_much(tmp_path: Path):
    long = tar(member("a.txt", TEXT.encode(), type=tarfile.GNUTYPE_LONGNAME))
    header = bytearray(long)
    header[124:136] = b"77777777777\0"  # 8 GiB of name
    header[148:156] = b"%06o\0 " % sum([*header[:148], *b" " * 8, *header[156:512]])
    (tmp_path / "a.tar").write_bytes(header)
    sparse = tar(member("a.txt", b"", type=tarfile.GNUTYPE_SPARSE))
    header = bytearray(sparse)
    header[483:495] = b"77777777777\0"  # 8 GiB of zeros
    header[148:156] = b"%06o\0 " % sum([*header[:148], *b" " * 8, *header[156:512]])
    (tmp_path / "b.tar").write_bytes(header)
    failed = rows(tmp_path)["failed"].to_list()
    assert failed == [
        "a.tar: breaks off: a name or attributes of 8589934591 bytes",
        "b.tar, member a.txt: a sparse file",
    ]


def answer(number: int, http: bytes) -> bytes:
    """A record of a crawl."""
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:{number}>\r\n"
    kind = f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    return f"{head}{kind}".encode() + http + b"\r\n\r\n"


def test_a_crawled_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("curate.reading.documents.LARGEST", 1 << 20)
    body = gzip.compress(bytes(256 << 20))
    http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n" + body
    good = b"HTTP/1.1 200 OK\r\n\r\n<html>" + TEXT.encode()
    (tmp_path / "a.warc").write_bytes(answer(1, http) + answer(2, good))
    assert rows(tmp_path)["failed"].to_list() == ["a.warc, member <urn:1>: larger than 1 MiB", None]


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("txt", b"\0" * (1 << 20)),
        ("txt", b"a\0" * (1 << 19)),
        ("html", b"<" * (4 << 20)),
        ("html", b"<p" + b" a" * 100_000),
        ("jsonl", b"[" * (8 << 20)),
        ("jsonl", b'{"text": ' * 100_000),
        ("jsonl", b'{"text": ' + b"9" * (1 << 20) + b"}"),
        ("jsonl", b'{"text": "\\u0000\\u0000"}'),
        ("jsonl", b"\n" * (4 << 20)),
        ("md", b"---\n" * (1 << 18)),
        ("txt", ("\ufeff" * (1 << 18)).encode()),
        ("txt", b"\x1b$B" * (1 << 18)),
    ],
)  # fmt: skip
def test_odd_bytes(tmp_path: Path, form: str, data: bytes):
    (tmp_path / f"a.{form}").write_bytes(data)
    assert rows(tmp_path).height == 1


def test_a_document_of_100_mb(tmp_path: Path):
    data = (TEXT * 2_200_000).encode()
    assert len(data) > 100 << 20
    (tmp_path / "a.txt").write_bytes(data)
    (tmp_path / "b.jsonl").write_bytes(b'{"text": "' + data + b'"}\n{"text": "x"}\n')
    assert [len(t) for t in rows(tmp_path)["text"]] == [len(TEXT) * 2_200_000] * 2 + [1]


def seeds() -> dict[str, bytes]:
    """A small file of every kind."""
    text = TEXT.encode()
    table = pa.table({"text": [TEXT] * 30, "n": list(range(30)), "list": [[1, 2]] * 30})
    made: dict[str, bytes] = {}
    for form, write in (("arrow", ipc.new_stream), ("parquet", pq.ParquetWriter)):
        buffer = io.BytesIO()
        with write(buffer, table.schema) as writer:
            writer.write_table(table, 10)
        made[form] = buffer.getvalue()
    made["html"] = b"<meta charset=shift_jis><title>x</title><p>" + TEXT.encode("cp932") * 5
    made["txt"], made["md"] = text * 20, b"---\ntitle: x\n---\n" + text
    made["jsonl"] = b'{"text": "' + text + b'", "n": [1, {"a": null}]}\n'
    made["jsonl"] *= 5
    made["tar"] = tar(*(member(f"a.{form}", made[form]) for form in ("txt", "jsonl", "html")))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for form in ("txt", "jsonl", "html"):
            archive.writestr(f"a.{form}", made[form])
    made["zip"] = buffer.getvalue()
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + text
    made["warc"] = b"".join(answer(i, body) for i in range(4))
    revision = f"<revision><text>'''{TEXT}''' {{{{a|[[b]]}}}}</text></revision>"
    page = f"<page><title>米</title><id>1</id>{revision}</page>"
    made["xml"] = f"<mediawiki><siteinfo/>{page * 3}</mediawiki>".encode()
    for form in ("txt", "jsonl", "tar", "warc", "xml"):
        made |= {f"{form}{codec}": pack(made[form]) for codec, pack in CODECS.items()}
    return made


SEEDS = seeds()


def damaged(data: bytes, dice: random.Random) -> bytes:
    """A file with some of its bits, bytes and stretches changed."""
    got = bytearray(data)
    for _ in range(dice.choice([0, 1, 2, 5, 30])):
        at = dice.randrange(len(got) + 1)
        match dice.randrange(5):
            case 0:
                got[at : at + 1] = bytes((dice.randrange(256),))
            case 1:
                del got[at : at + dice.randrange(1, 50)]
            case 2:
                got[at:at] = dice.randbytes(dice.randrange(1, 20))
            case 3:
                got[at : at + 8] = got[dice.randrange(len(got) + 1) :][:8]
            case _:
                del got[at:]
    return bytes(got)


@pytest.mark.parametrize("form", SEEDS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_no_damage_stops_the_reader(tmp_path_factory: pytest.TempPathFactory, form: str, seed: int):
    base = tmp_path_factory.mktemp("any")
    (base / f"a.{form}").write_bytes(damaged(SEEDS[form], random.Random(seed)))
    rows(base)


def test_tables_that_repeat_one_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """600 bytes of Parquet hold 3 GB of text, and a column of nulls takes no bytes whatever its length."""
    monkeypatch.setattr("curate.reading.streams.Budget.FREE", 16 << 20)
    value = pa.array(["米" * (1 << 18)])
    table = pa.table({"text": pa.DictionaryArray.from_arrays(pa.array([0] * 4000, pa.int32()), value)})
    pq.write_table(table, tmp_path / "a.parquet", compression="zstd")
    with ipc.new_stream(tmp_path / "b.arrow", table.schema) as writer:
        writer.write_table(table)
    nothing = pa.table({"text": pa.nulls(1 << 30)})
    with ipc.new_stream(tmp_path / "c.arrow", nothing.schema) as writer:
        writer.write_table(nothing)
    got = rows(tmp_path).group_by(pl.col("origin").struct.field("file"), maintain_order=True).last()
    assert got["failed"].str.contains("expands to more than 1000 times its size").to_list() == [True] * 3


def test_nested_dictionaries_are_refused(tmp_path: Path):
    inner = pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(["米"]))
    table = pa.table({"text": ["米"], "tags": pa.ListArray.from_arrays([0, 1], inner)})
    with ipc.new_stream(tmp_path / "a.arrow", table.schema) as writer:
        writer.write_table(table)
    assert "values of type list<" in rows(tmp_path)["failed"][0]
