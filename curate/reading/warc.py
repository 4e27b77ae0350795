"""WARC: the pages that a crawler was answered, with what HTTP said of them."""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from fastwarc.warc import ArchiveIterator, WarcRecordType

from curate.reading.documents import page, whole
from curate.reading.found import Found
from curate.reading.http_body import body
from curate.reading.streams import BROKEN, Counted, Form, words

_ANSWERS = (WarcRecordType.response, WarcRecordType.resource, WarcRecordType.conversion)
_MEDIA: dict[str, Form] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "plain",
    "text/markdown": "markdown",
}
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.I)


def pages(stream: BinaryIO, base: Found) -> Iterator[Found]:
    """The answers of a WARC, each under its record id; requests and other records are passed over.

    An answer that is no page (a status other than 200, an image) is a failure that says so. The byte
    range is the record's in the decompressed file.
    """
    number, last, due = 0, None, 0
    counted = Counted(stream)
    try:
        records: Any = ArchiveIterator(cast(Any, counted), auto_decode="none", stream_detect=False)
        for record in records:
            if last is not None:
                yield last._replace(end=record.stream_pos)
                last = None
            due = record.stream_pos + record.content_length
            if record.record_type in _ANSWERS:
                last = _answer(record, base._replace(number=number, start=record.stream_pos))
                number += 1
        if due > counted.position or not due:
            raise EOFError("cut off in the middle of a record" if due else "no WARC record in it")
    except BROKEN as e:
        if last is not None:
            yield last._replace(end=counted.position)
        yield base._replace(number=number, failed=f"breaks off after record {number}: {words(e)}")
        return
    if last is not None:
        yield last._replace(end=counted.position)


def _answer(record: Any, base: Found) -> Found:
    base = base._replace(member=record.record_id)
    values = {"url": record.headers.get("WARC-Target-URI")}
    headers = record.http_headers
    if headers is not None and headers.status_code != 200:
        return base._replace(failed=f"HTTP status {headers.status_code}")
    content_type = (headers if headers is not None else record.headers).get("Content-Type") or ""
    kind = content_type.split(";")[0].strip().lower()
    try:
        data = whole(record.reader)
        if headers is not None:
            get = headers.get
            data = body(data, get("Transfer-Encoding") or "", get("Content-Encoding") or "")
    except BROKEN as e:
        return base._replace(failed=words(e))
    media = _MEDIA.get(kind) or ("html" if not kind and b"<html" in data[:4096].lower() else None)
    if media is None:
        return base._replace(failed=f"no page: content type {kind or 'missing'}")
    return page(data, base._replace(end=0), media, declared=_CHARSET.findall(content_type), values=values)
