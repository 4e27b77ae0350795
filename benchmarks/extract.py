"""How much of a page's main text is found: ours, bare resiliparse, trafilatura; same pages, same run.

    python benchmarks/extract.py ../shared/data/html

Precision, recall and F1 over the multisets of character trigrams without white space, a mean over pages.
"""

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import trafilatura
from charset import pages
from resiliparse.extract.html2text import extract_plain_text

from curate.reading.html import main_text


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


EXTRACTORS: dict[str, Callable[[str], str]] = {
    "ours": lambda page: main_text(page)[0],
    "resiliparse": lambda page: extract_plain_text(page, main_content=True),
    "trafilatura": lambda page: trafilatura.extract(page, include_comments=False) or "",
    "trafilatura, recall": lambda page: trafilatura.extract(page, favor_recall=True) or "",
}


def main() -> None:
    """Print one line for each extractor and kind of page."""
    work = [
        (x, data.decode(x["encoding"], "replace")) for x, data in pages(Path(sys.argv[1])) if "gold_text" in x
    ]
    for name, extract in EXTRACTORS.items():
        results = defaultdict[str, list[tuple[float, float, float]]](list)
        begin = time.process_time()
        texts = [extract(page) for _, page in work]
        speed = sum(len(page) for _, page in work) / 1e6 / (time.process_time() - begin)
        for (label, _), text in zip(work, texts, strict=True):
            results[label["kind"].split()[0]].append(scores(text, label["gold_text"]))
        for kind, found in results.items():
            means = [sum(column) / len(found) for column in zip(*found, strict=True)]
            numbers = "  ".join(f"{n} {v:.4f}" for n, v in zip(("P", "R", "F1"), means, strict=True))
            print(f"{name:20} {kind:7} {len(found):3} pages  {numbers}")
        print(f"{name:20} {speed:.1f} million characters a second")


if __name__ == "__main__":
    main()
