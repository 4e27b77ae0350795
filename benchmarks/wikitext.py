"""Wikitext to text: ours and mwparserfromhell's strip_code, on the articles of a dump, in the same run.

    python benchmarks/wikitext.py jawiki-latest-pages-articles.xml.bz2 [ARTICLES]

Residue counts what no reader of the page sees: brackets of templates, links and tables, tags, sizes of
pictures, names of categories.
"""

import re
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import mwparserfromhell

from curate.reading import mediawiki
from curate.reading.found import Found
from curate.reading.streams import named, opened
from curate.reading.wikitext import plain_text

RESIDUE = re.compile(r"\{\{|\}\}|\[\[|\]\]|\{\||\|\}|</?[a-z]|\bthumb\b|\dpx\b|カテゴリ:|Category:|^\|", re.M)


def articles(path: Path, count: int) -> list[str]:
    """The wikitext of the first articles."""
    texts: list[str] = []
    with opened(str(path), named(path.name).codec) as stream:
        data = stream.read(0)
        pages = mediawiki.pages(stream, Found(path.name))
        places = [(f.start, f.end) for f in islice((f for f in pages if f.page), count)]
    with opened(str(path), named(path.name).codec) as stream:
        at = 0
        for start, end in places:
            while at < (end or 0) and (chunk := stream.read(1 << 14)):
                data, at = data + chunk, at + len(chunk)
            begin = (start or 0) - (at - len(data))
            page = data[begin : begin + (end or 0) - (start or 0)]
            data = data[begin + len(page) :]
            texts.append(ET.fromstring(page.decode()).findall("revision")[-1].findtext("text") or "")
    return texts


def strip_code(text: str) -> str:
    """The library's own way."""
    return str(mwparserfromhell.parse(text).strip_code())


def main() -> None:
    """Print speed and residue."""
    texts = articles(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 200)
    size = sum(len(t.encode()) for t in texts) / 1e6
    print(f"{len(texts)} articles, {size:.1f} MB of wikitext")
    ways: list[Callable[[str], str]] = [plain_text, strip_code]
    for way in ways:
        begin = time.process_time()
        found = [way(t) for t in texts]
        spent = time.process_time() - begin
        residue = sum(len(RESIDUE.findall(t)) for t in found)
        characters = sum(map(len, found))
        print(f"{way.__name__}: {size / spent:.1f} MB/s, {characters} characters, residue {residue}")


if __name__ == "__main__":
    main()
