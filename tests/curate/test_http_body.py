import gzip
import zlib

import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from curate.reading.http_body import body

TEXT = "吾輩は猫である。".encode() * 50


def chunked(data: bytes, size: int = 100) -> bytes:
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(b"%x;note=1\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


PACKED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": raw_deflate(TEXT),
    "br": pa.compress(TEXT, "brotli", asbytes=True),
    "zstd": zstandard.compress(TEXT),
    "": TEXT,
    "identity": TEXT,
    "deflate, gzip": gzip.compress(zlib.compress(TEXT)),
}


@pytest.mark.parametrize("name", PACKED)
def test_encodings_are_undone(name: str):
    assert body(PACKED[name], "", name) == TEXT
    assert body(chunked(PACKED[name]), "Chunked", name) == TEXT


@pytest.mark.parametrize("name", PACKED)
def test_what_was_decoded_before_stays(name: str):
    assert body(TEXT, "chunked", name) == TEXT


def test_a_cut_last_chunk_is_kept():
    got = body(chunked(TEXT)[:-150], "chunked", "")
    assert len(got) > len(TEXT) - 200
    assert TEXT.startswith(got)


def test_a_broken_body_says_so():
    with pytest.raises(OSError, match="Truncated"):
        body(gzip.compress(TEXT)[:-20], "", "gzip")


@given(data=st.binary(max_size=300), name=st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br", "x"]))
def test_no_bytes_stop_it(data: bytes, name: str):
    try:
        body(data, "chunked", name)
    except OSError:
        assert name != "x"
