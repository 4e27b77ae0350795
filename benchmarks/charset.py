"""How often the encoding of a page is found: ours, charset-normalizer, resiliparse; same pages, same run.

    python benchmarks/charset.py ../shared/data/html

A page is right when its decoded text is the one that its true encoding gives.
"""

import io
import json
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import zstandard
from charset_normalizer import from_bytes
from resiliparse.parse.encoding import detect_encoding

from curate.reading.charset import declared_in, decode


def unpacked(path: Path) -> bytes:
    """A zstd file's content."""
    return zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()


def pages(folder: Path) -> list[tuple[dict[str, str], bytes]]:
    """Labels and bytes of every page."""
    labels = [json.loads(x) for x in unpacked(folder / "html_dev_labels.jsonl.zst").splitlines()]
    with tarfile.open(fileobj=io.BytesIO(unpacked(folder / "html_dev.tar.zst"))) as tar:
        files = {m.name: f.read() for m in tar if (f := tar.extractfile(m))}
    return [(label, files[label["file"]]) for label in labels]


def ours(data: bytes) -> tuple[str, str]:
    """Encoding and text, with the page's own meta element."""
    found = decode(data, declared_in(data))
    return found.encoding or "refused", found.text


def ours_blind(data: bytes) -> tuple[str, str]:
    """Encoding and text, without any declaration."""
    found = decode(data)
    return found.encoding or "refused", found.text


def normalizer(data: bytes) -> tuple[str, str]:
    """charset-normalizer's best guess (it reads the meta element itself)."""
    best = from_bytes(data).best()
    return (best.encoding, str(best)) if best else ("refused", "")


def resiliparse(data: bytes) -> tuple[str, str]:
    """resiliparse, told to believe the meta element."""
    return resiliparse_blind(data, meta=True)


def resiliparse_blind(data: bytes, *, meta: bool = False) -> tuple[str, str]:
    """resiliparse, by the bytes alone."""
    name = detect_encoding(data, from_html_meta=meta) or "refused"
    try:
        return name, data.decode({"shift_jis": "cp932"}.get(name, name), "replace")
    except LookupError:
        return name, ""


def main() -> None:
    """Print accuracy, speed and confusions."""
    work = pages(Path(sys.argv[1]))
    size = sum(len(data) for _, data in work)
    finders: list[Callable[[bytes], tuple[str, str]]] = [
        ours,
        ours_blind,
        resiliparse,
        resiliparse_blind,
        normalizer,
    ]
    for find in finders:
        confusion, right, spent = Counter[tuple[str, str, bool]](), 0, 0.0
        for label, data in work:
            begin = time.process_time()
            name, text = find(data)
            spent += time.process_time() - begin
            same = _folded(text) == _folded(data.decode(label["encoding"], "replace"))
            right += same
            confusion[label["encoding"], name, same] += 1
        share, speed = right / len(work), size / 1e6 / spent
        print(f"{find.__name__}: {right}/{len(work)} = {share:.4f}, {speed:.0f} MB/s")
        for (true, found, same), count in sorted(confusion.items()):
            print(f"    {true:12} -> {found:14} {'right' if same else 'WRONG':5} {count:4}")


def _folded(text: str) -> str:  # WAVE DASH and its kin differ between tables of one encoding
    return text.lstrip("\ufeff").translate(str.maketrans("〜‖−¢£¬\u00a5\u203e—", "～∥－￠￡￢\\~―"))


if __name__ == "__main__":
    main()
