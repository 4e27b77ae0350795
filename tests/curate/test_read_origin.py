"""Every row's origin leads back to the bytes or the record that it came from."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.ipc as ipc

from curate.read import Files, read, tasks

TEXT = "吾輩は猫である。名前はまだ無い。"
PAGES = {
    "猫.txt": TEXT.encode("cp932"),
    "a/犬.html": f"<p>{TEXT}".encode("euc_jp"),
    "b.md.gz": gzip.compress(f"# 題\n\n{TEXT}".encode()),
}
LINES = b"".join(json.dumps({"text": f"{TEXT}{i}"}).encode() + b"\n\n"[: 1 + i % 2] for i in range(5))


def origins(base: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    entry = Files(files="**/*", kind="documents")
    rows = pl.concat([f for task in tasks(entry, base) for f in read(task, entry)])
    assert rows["failed"].null_count() == rows.height
    return [(row["origin"], row) for row in rows.iter_rows(named=True)]


def unpacked(name: str, data: bytes) -> bytes:
    return gzip.decompress(data) if name.endswith(".gz") else data


def check(origin: dict[str, Any], row: dict[str, Any], data: bytes) -> None:
    """The bytes of the range are the document, or its record."""
    span = data[origin["start"] : origin["end"]]
    if row["media"] is None:
        assert json.loads(span)["text"] == row["text"]
    else:
        assert span.decode(row["encoding"]) == row["text"]
        assert len(span) == len(data)


def test_files(tmp_path: Path):
    for name, data in {**PAGES, "c.jsonl": LINES, "d.jsonl.gz": gzip.compress(LINES)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    found = origins(tmp_path)
    assert len(found) == 13
    for origin, row in found:
        assert origin["member"] is None
        check(origin, row, unpacked(origin["file"], (tmp_path / origin["file"]).read_bytes()))


def test_members_of_archives(tmp_path: Path):
    members = {**PAGES, "c.jsonl": LINES}
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    found = origins(tmp_path)
    assert len(found) == 16
    for origin, row in found:
        check(origin, row, unpacked(origin["member"], members[origin["member"]]))


def test_records_of_tables(tmp_path: Path):
    frame = pl.DataFrame({"text": [f"{TEXT}{i}" for i in range(20)]})
    frame.write_parquet(tmp_path / "a.parquet", row_group_size=6)
    with ipc.new_stream(tmp_path / "b.arrow", pa.schema([("text", pa.string())])) as writer:
        writer.write_table(pa.table({"text": frame["text"].to_list()}), max_chunksize=7)
    found = origins(tmp_path)
    assert len(found) == 40
    for origin, row in found:
        assert frame["text"][origin["record"]] == row["text"]


def test_records_of_crawls(tmp_path: Path):
    records: list[bytes] = []
    for i in range(3):
        http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + f"{TEXT}{i}".encode()
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:{i}>\r\nContent-Length: {len(http)}\r\n"
        )
        kind = "Content-Type: application/http; msgtype=response\r\n\r\n"
        records.append(f"{head}{kind}".encode() + http + b"\r\n\r\n")
    (tmp_path / "a.warc.gz").write_bytes(b"".join(gzip.compress(r) for r in records))
    data = b"".join(records)
    for i, (origin, row) in enumerate(origins(tmp_path)):
        span = data[origin["start"] : origin["end"]]
        assert span.startswith(b"WARC/1.0")
        assert span.count(b"WARC/1.0") == 1
        assert row["text"].encode() in span
        assert origin["member"] == f"<urn:{i}>"
