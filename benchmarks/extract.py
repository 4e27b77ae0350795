"""How much of a page's main text is found: ours, bare resiliparse, trafilatura; same pages, same run.

    python benchmarks/extract.py ../shared/data/html

Precision, recall and F1 over the multisets of character trigrams without white space, means over pages; speed
by processor time. The company's pages are those of the quickstart; what their main part is, the templates say
by which they were made: `main`, `article`, `#content`, or, in the old ones, a cell of a table.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import trafilatura
from charset import pages
from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from curate.reading.charset import declared_in, decode
from curate.reading.html import main_text

COMPANY = Path(__file__).resolve().parents[1] / "recipes/quickstart/pages"
PARTS = {
    "main": "company, <main>",
    "article": "company, <article>",
    "#content": "company, div",
    'td[width="75%"]': "company, table",
    "body > table > tbody > tr > td[valign=top]:not([width])": "company, table",
}
"""By selector of the main part: the kind of page."""

DIRECTORIES = ("link-shu", "sitemap-menu")
"""Pages that are nothing but links, which have no main text to find."""


class Page(NamedTuple):
    """A page, its kind, and the text of its main part."""

    kind: str
    html: str
    gold: str


def grams(text: str) -> Counter[str]:
    """Trigrams of the text without white space."""
    text = "".join(text.split())
    return Counter(text[i : i + 3] for i in range(len(text) - 2))


def scores(found: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    a, b = grams(found), grams(gold)
    common = (a & b).total()
    precision, recall = common / max(a.total(), 1), common / max(b.total(), 1)
    return precision, recall, 2 * common / max(a.total() + b.total(), 1)


def labelled(folder: Path) -> Iterator[Page]:
    """The pages of html_dev that have a gold text."""
    for label, data in pages(folder):
        if "gold_text" in label:
            kind = label["kind"].split()[0]
            yield Page(kind, data.decode(label["encoding"], "replace"), label["gold_text"])


def company() -> Iterator[Page]:
    """The quickstart's pages."""
    for file in sorted(COMPANY.rglob("*.html")):
        data = file.read_bytes()
        html = decode(data, declared_in(data)).text
        tree = HTMLTree.parse(html)
        if not tree.body or file.stem in DIRECTORIES:
            continue
        for selector, kind in PARTS.items():
            parts = tree.body.query_selector_all(selector).values()
            if len(parts) == 1:
                yield Page(kind, html, parts[0].text or "")
                break


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "ours, careful": lambda page: main_text(page, careful=True)[0],
    "ours, fast": lambda page: main_text(page, careful=False)[0],
    "resiliparse": lambda page: extract_plain_text(page, main_content=True),
    "trafilatura": lambda page: trafilatura.extract(page, include_comments=False) or "",
    "trafilatura, recall": lambda page: trafilatura.extract(page, favor_recall=True) or "",
}


def main() -> None:
    """Print one line for each extractor and kind of page."""
    work = [*labelled(Path(sys.argv[1])), *company()]
    size = sum(len(page.html.encode()) for page in work) / 1e6
    for name, extract in EXTRACTORS.items():
        extract(work[0].html)
        begin = time.process_time()
        texts = [extract(page.html) for page in work]
        seconds = time.process_time() - begin
        results = defaultdict[str, list[tuple[float, float, float]]](list)
        for page, text in zip(work, texts, strict=True):
            results[page.kind].append(scores(text, page.gold))
        for kind, found in results.items():
            means = [sum(column) / len(found) for column in zip(*found, strict=True)]
            numbers = "  ".join(f"{n} {v:.4f}" for n, v in zip(("P", "R", "F1"), means, strict=True))
            print(f"{name:20} {kind:18} {len(found):3} pages  {numbers}")
        print(f"{name:20} {size / seconds:.1f} MB/s\n")


if __name__ == "__main__":
    main()
