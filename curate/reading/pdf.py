"""The text layer of PDF files, by PDFium, in a process of its own; what has no text layer says so."""

import ctypes
import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any, BinaryIO

from curate.reading.apart import Apart
from curate.reading.documents import whole
from curate.reading.found import Found
from curate.reading.pdf_layout import text_of
from curate.reading.pdf_lines import Character, Page
from curate.reading.streams import BROKEN, words
from seimai.errors import SeimaiError

PAGES = 50_000
"""The most pages of a file: PDFium opens a million empty pages without complaint."""

CHARACTERS = 64 << 20
"""The most characters of a file; a long novel has one million."""

_UNREADABLE = 0.3  # share of glyphs without a character above which a text layer is none
_GENERATED = 1  # FPDFText_IsGenerated: a space or line break that PDFium put in


def document(stream: BinaryIO, base: Found) -> Found:
    """The document that a PDF file holds, or why there is none.

    Raises:
        SeimaiError: if the library that reads PDF is not installed.
    """
    if importlib.util.find_spec("pypdfium2") is None:
        raise SeimaiError(f"{base.file} is a PDF file, and reading those needs: pip install 'seimai[pdf]'")
    place = base
    try:
        data = whole(stream)
        place = base._replace(start=0, end=len(data))
        text, title = _text(data)
    except BROKEN as e:
        return place._replace(failed=words(e))
    return place._replace(page={"text": text, "title": title, "media": "plain"}, size=len(text.encode()))


def text_and_title(data: bytes) -> tuple[str, str | None]:
    """The text and the title of a file.

    Raises:
        ValueError: if it is no PDF, is locked, or has no text layer that can be read.
    """
    pdfium: Any = importlib.import_module("pypdfium2")
    if not data:
        raise ValueError("empty file")
    try:
        file = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as e:
        raise ValueError("locked by a password" if "password" in str(e) else "no PDF, or broken") from None
    if len(file) > PAGES:
        raise ValueError(f"more than {PAGES} pages")
    pages: list[Page] = []
    count = lost = 0
    for number in range(len(file)):
        try:
            page = _page(file[number], pdfium.raw)
        except pdfium.PdfiumError:
            continue  # a page that is broken: the others may be whole
        pages.append(page)
        count += len(page.characters)
        lost += sum(c.text in _NO_CHARACTER or "\ue000" <= c.text <= "\uf8ff" for c in page.characters)
        if count > CHARACTERS:
            raise ValueError(f"more than {CHARACTERS >> 20} Mi characters")
    if not count:
        raise ValueError(f"no text layer (pages: {len(file)}): scanned, or empty")
    if lost > _UNREADABLE * count:
        raise ValueError(f"a text layer without characters: {lost} of {count} glyphs have no Unicode")
    text = text_of(pages)
    if not text.strip():
        raise ValueError("no text layer but page numbers or spaces")
    return text, _title(file.get_metadata_value("Title"))


def _title(title: str) -> str | None:
    """The title that a file gives itself, without what programs put there of their own."""
    title = " ".join(title.split()).removeprefix("Microsoft Word - ").removeprefix("Microsoft PowerPoint - ")
    return title if title and title.lower() not in ("untitled", "無題") else None


_text = Apart(text_and_title, seconds=300, megabytes=4096)

_NO_CHARACTER = frozenset("\0\ufffd")


def _page(page: Any, raw: Any) -> Page:
    """The characters of a page in PDFium's order, turned upright."""
    text_page = page.get_textpage()
    width, height = page.get_size()
    turned = page.get_rotation()
    try:
        characters = [
            Character(text, *_upright(box, turned, width, height), made)
            for text, box, made in _characters(text_page, raw)
        ]
    finally:
        text_page.close()
        page.close()
    return Page(tuple(characters), width, height)


Box = tuple[float, float, float, float]


def _characters(text_page: Any, raw: Any) -> Iterator[tuple[str, Box, bool]]:
    """Characters with their boxes, left, bottom, right and top, and whether PDFium put them in."""
    box = raw.FS_RECTF()
    high = 0
    for i in range(raw.FPDFText_CountChars(text_page)):
        code = raw.FPDFText_GetUnicode(text_page, i)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
        high = 0
        raw.FPDFText_GetLooseCharBox(text_page, i, ctypes.byref(box))
        made = raw.FPDFText_IsGenerated(text_page, i) == _GENERATED
        yield chr(code), (box.left, box.bottom, box.right, box.top), made


def _upright(box: Box, turned: int, width: float, height: float) -> Box:
    """A box on a page that is shown turned clockwise, as a reader sees it; width and height are as shown."""
    left, bottom, right, top = box
    if turned == 90:
        return bottom, height - right, top, height - left
    if turned == 180:
        return width - right, height - top, width - left, height - bottom
    if turned == 270:
        return width - top, left, width - bottom, right
    return box
