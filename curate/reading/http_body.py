"""Bodies of HTTP answers as a crawler stored them: chunks put together, compression undone.

FastWARC can do that too, but loses its place in the file when a body is not read to its end, as a bomb
must not be.
"""

import io
import re
import zlib
from typing import Any

from curate.reading.documents import whole
from curate.reading.streams import decompressed

_CODECS = {"gzip": "gzip", "x-gzip": "gzip", "br": "brotli", "zstd": "zstd"}
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")


def body(raw: bytes, transfer: str, content: str) -> bytes:
    """The body as the server meant it, by the headers Transfer-Encoding and Content-Encoding.

    Many archives keep the headers of what they have already decoded, so the bytes must look encoded, too.

    Raises:
        ValueError: if it is larger than the greatest document.
        OSError: if it is broken.
    """
    if "chunked" in transfer.lower():
        raw = _unchunked(raw)
    for name in reversed([n.strip().lower() for n in content.split(",")]):
        codec = _CODECS.get(name)
        if name == "deflate":
            raw = _inflated(raw)
        elif codec and raw.startswith(_MAGIC.get(codec, b"")) and raw:
            raw = _unpacked(raw, codec)
    return raw


def _unpacked(raw: bytes, codec: str) -> bytes:
    try:
        return whole(decompressed(io.BytesIO(raw), codec))
    except OSError:
        if codec == "brotli":  # which has no mark at its start
            return raw
        raise


def _unchunked(raw: bytes) -> bytes:
    """The chunks without their sizes; what is not chunked stays, and a last chunk may be cut off."""
    if not _CHUNK.match(raw):
        return raw
    parts: list[bytes] = []
    position = 0
    while (size := _CHUNK.match(raw, position)) and (length := int(size[1], 16)):
        parts.append(raw[size.end() : size.end() + length])
        position = size.end() + length
        position += 2 if raw.startswith(b"\r\n", position) else raw.startswith(b"\n", position)
    return b"".join(parts)


def _inflated(raw: bytes) -> bytes:
    """Deflate with its header, as the standard has it, or without, as some servers send it."""
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        inflate = zlib.decompressobj(bits)
        try:
            return whole(_Inflating(inflate, raw))  # pyright: ignore[reportArgumentType]
        except zlib.error:
            continue
    return raw


class _Inflating:
    """A stream of what comes out, a bounded piece at a time."""

    def __init__(self, inflate: Any, raw: bytes) -> None:
        self._inflate, self._rest = inflate, raw

    def read(self, size: int = -1) -> bytes:
        data = self._inflate.decompress(self._rest, max(size, 1))
        self._rest = self._inflate.unconsumed_tail
        return data
