"""MediaWiki's XML dumps (`pages-articles`): one page of the article namespace, one document.

The format is described in https://www.mediawiki.org/wiki/Help:Export. In text, `<` is always escaped, so
`<page>` and `</page>` can only be what they say: pages are cut out by these bytes and parsed one by one,
which gives exact byte ranges, lets a broken page cost only itself, and needs no more memory than a page.
"""

import json
import mmap
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from curate.reading.found import LARGEST, Found
from curate.reading.streams import BROKEN, words
from curate.reading.wikitext import plain_text

_OPEN, _CLOSE = b"<page>", b"</page>"
_CHUNK = 1 << 20
_HEAD = 64 << 10  # the site's name, address and namespaces come before the first page
_BASE = re.compile("<base>([^<]+)</base>")
_REDIRECT = re.compile(r"#(?:redirect|転送|リダイレクト)\s*:?\s*\[\[\s*([^\]|#]+)", re.I)


class _Page(NamedTuple):
    """A page and its place; `data` is None when it is larger than `LARGEST`, `whole` false when cut off."""

    start: int
    end: int
    data: bytes | None
    whole: bool = True


def pages(
    stream: BinaryIO, base: Found, *, number: int = 0, start: int = 0, end: int | None = None
) -> Iterator[Found]:
    """The articles of a dump; redirects and articles without text fail and say so.

    `start` and `end` bound the places where a page may begin; `number` is the number of the first page
    there. The record number counts the pages of all namespaces; `member` is `id:title`, as in the index of
    a multistream dump.
    """
    at = number
    try:
        head = _read(stream, _HEAD)
        if b"<mediawiki" not in head[:4096]:
            yield base._replace(number=0, failed="no MediaWiki dump" if head else "empty file")
            return
        site = _BASE.search(head.decode("utf-8", "replace"))
        address = site[1].rpartition("/")[0] + "/" if site else None
        if start:
            stream.seek(start)
            head = b""
        for page in _cut(stream, head, start, end):
            place = base._replace(number=at, start=page.start, end=page.end)
            if not page.whole:
                yield place._replace(failed=f"page {at} breaks off")
            elif (found := _article(page.data, place, address)) is not None:
                yield found
            at += 1
    except BROKEN as e:
        yield base._replace(number=at, failed=f"breaks off at page {at}: {words(e)}")


def _read(stream: BinaryIO, size: int) -> bytes:
    """At least `size` bytes, or all there are."""
    parts: list[bytes] = []
    while size > 0 and (chunk := stream.read(size)):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


def _cut(stream: BinaryIO, head: bytes, start: int, end: int | None) -> Iterator[_Page]:
    """The pages that begin from `start` to before `end`, whole; what is too large is counted, not kept."""
    buffer, origin = bytearray(head), start
    while True:
        found = buffer.find(_OPEN)
        if found < 0:
            gone = max(0, len(buffer) - len(_OPEN) + 1)
            del buffer[:gone]
            origin += gone
            if (end is not None and origin >= end) or not (chunk := stream.read(_CHUNK)):
                return
            buffer += chunk
            continue
        begin = origin + found
        if end is not None and begin >= end:
            return
        del buffer[:found]
        page = _one(stream, buffer, begin)
        yield page
        if not page.whole:
            return
        origin = page.end


def _one(stream: BinaryIO, buffer: bytearray, begin: int) -> _Page:
    """The page at the start of the buffer, which is left at its end."""
    position, looked, kept = begin, 0, True
    while (close := buffer.find(_CLOSE, looked)) < 0:
        looked = max(0, len(buffer) - len(_CLOSE) + 1)
        if len(buffer) > LARGEST:
            kept = False
        if not kept:
            del buffer[:looked]
            position, looked = position + looked, 0
        if not (chunk := stream.read(_CHUNK)):
            return _Page(begin, position + len(buffer), None, whole=False)
        buffer += chunk
    close += len(_CLOSE)
    data = bytes(buffer[:close]) if kept and close <= LARGEST else None
    del buffer[:close]
    return _Page(begin, position + close, data)


def _article(data: bytes | None, place: Found, address: str | None) -> Found | None:
    """The document of a page; None for pages of other namespaces."""
    if data is None:
        return place._replace(failed=f"larger than {LARGEST >> 20} MiB")
    try:
        page = ET.fromstring(data.decode())
    except UnicodeDecodeError as e:
        return place._replace(failed=f"not UTF-8 at byte {e.start} of the page")
    except (ET.ParseError, ValueError) as e:
        return place._replace(failed=f"not XML: {words(e)}")
    title = page.findtext("title") or ""
    place = place._replace(member=f"{page.findtext('id') or '?'}:{title}")
    if page.findtext("ns", "0") != "0":
        return None
    if failed := _no_article(page):
        return place._replace(failed=failed)
    revision = page.findall("revision")[-1]
    text = plain_text(revision.findtext("text") or "")
    if not text or text.isspace():
        return place._replace(failed="no text")
    meta = {
        "page": page.findtext("id"),
        "revision": revision.findtext("id"),
        "time": revision.findtext("timestamp"),
    }
    values: dict[str, Any] = {
        "text": text,
        "title": title or None,
        "url": address + title.replace(" ", "_") if address else None,
        "media": "plain",
        "encoding": "utf-8",
        "meta": json.dumps({k: v for k, v in meta.items() if v}, ensure_ascii=False)
        if any(meta.values())
        else None,
    }
    return place._replace(page=values, size=len(data))


def _no_article(page: ET.Element) -> str | None:
    """Why a page of the article namespace is no article."""
    revisions = page.findall("revision")
    if not revisions:
        return "a page without a revision"
    redirect, text = page.find("redirect"), revisions[-1].findtext("text") or ""
    if redirect is not None:
        return f"redirect to {redirect.get('title')}"
    if to := _REDIRECT.match(text.lstrip()):
        return f"redirect to {to[1].strip()}"
    model = revisions[-1].findtext("model")
    return f"content model {model}, not wikitext" if model not in (None, "wikitext") else None


def cuts(path: Path, size: int) -> Iterator[tuple[int, int, int]]:
    """Parts of a plain dump of about `size` bytes: start, end, number of the first page that begins there."""
    start = number = count = 0
    with path.open("rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for page in re.finditer(_OPEN, data):
            if page.start() - start >= size:
                yield start, page.start(), number
                start, number = page.start(), count
            count += 1
        yield start, len(data), number
