"""Single documents: a file, a member of an archive, a payload; bytes in, text out."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from curate.reading.charset import declared_in, decode
from curate.reading.found import LARGEST, Found
from curate.reading.streams import BROKEN, Form, words


def document(stream: BinaryIO, base: Found, media: Form) -> Found:
    """The document that a stream holds, or why there is none."""
    if media == "pdf":
        from curate.reading import pdf

        return pdf.document(stream, base)
    try:
        data = whole(stream)
    except BROKEN as e:
        return base._replace(failed=words(e))
    return page(data, base, media)


def whole(stream: BinaryIO) -> bytes:
    """All bytes of a stream.

    Raises:
        ValueError: if there are more than `LARGEST`; no more than that is read or decompressed.
    """
    parts: list[bytes] = []
    size = 0
    while chunk := stream.read(min(1 << 20, LARGEST + 1 - size)):
        parts.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise ValueError(f"larger than {LARGEST >> 20} MiB")
    return b"".join(parts)


def page(
    data: bytes,
    base: Found,
    media: Form,
    *,
    declared: Sequence[str] = (),
    values: dict[str, Any] | None = None,
) -> Found:
    """Decode a document; `declared` are labels from outside (HTTP) that come before its own."""
    place = base._replace(
        start=base.start if base.start is not None else 0,
        end=base.end if base.end is not None else len(data),
        size=len(data),
    )
    if not data:
        return place._replace(failed="empty file")
    labels = [*declared, *(declared_in(data) if media == "html" else [])]
    decoded = decode(data, labels)
    if decoded.failed:
        return place._replace(failed=decoded.failed, size=0)
    return place._replace(
        page={"text": decoded.text, "media": media, "encoding": decoded.encoding, **(values or {})}
    )
