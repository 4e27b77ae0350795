"""How much garbled text is repaired or refused, and how much sound text is harmed: ours and ftfy.

    python benchmarks/mojibake.py ../shared/data

Sound documents are garbled in known ways; a repair counts when it gives the document back exactly.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import ftfy
import polars as pl
import zstandard

from curate.mojibake import Mojibake
from curate.reading.mojibake import mended

WAYS: dict[str, Callable[[str], str]] = {
    "UTF-8 as Latin-1": lambda t: t.encode().decode("latin-1"),
    "UTF-8 as windows-1252": lambda t: t.encode().decode("cp1252", "replace"),
    "UTF-8 as Latin-1, twice": lambda t: t.encode().decode("latin-1").encode().decode("latin-1"),
    "UTF-8 as Shift_JIS": lambda t: t.encode().decode("cp932", "replace"),
    "UTF-8 as EUC-JP": lambda t: t.encode().decode("euc_jp", "replace"),
    "Shift_JIS as Latin-1": lambda t: t.encode("cp932", "ignore").decode("latin-1"),
    "Shift_JIS as windows-1252": lambda t: t.encode("cp932", "ignore").decode("cp1252", "replace"),
    "Shift_JIS as UTF-8": lambda t: t.encode("cp932", "ignore").decode("utf-8", "replace"),
    "Shift_JIS as GBK": lambda t: t.encode("cp932", "ignore").decode("gb18030", "replace"),
    "EUC-JP as Latin-1": lambda t: t.encode("euc_jp", "ignore").decode("latin-1"),
    "EUC-JP as Shift_JIS": lambda t: t.encode("euc_jp", "ignore").decode("cp932", "replace"),
    "EUC-JP as GBK": lambda t: t.encode("euc_jp", "ignore").decode("gb18030", "replace"),
}


def texts(path: Path) -> list[str]:
    """The texts of a file of JSON lines."""
    with path.open("rb") as f:
        data = zstandard.ZstdDecompressor().stream_reader(f).read()
    return [json.loads(line)["text"] for line in data.splitlines()]


def verdict(garbled: str, meant: str, got: str, *, refused: bool) -> str:
    """What became of a garbled document."""
    if garbled == meant:
        return "not garbled"
    if refused:
        return "refused"
    return "repaired" if got == meant else "missed" if got == garbled else "wrong"


def ways(sound: list[str]) -> None:
    """Every way of garbling, on the same documents."""
    for way, garble in WAYS.items():
        ours, theirs = Counter[str](), Counter[str]()
        for text in sound:
            encoding = {"S": "cp932", "E": "euc_jp"}.get(way[0], "utf-8")
            meant, garbled = text.encode(encoding, "ignore").decode(encoding), garble(text)
            found = mended(garbled)
            ours[verdict(garbled, meant, found.text, refused=found.failed is not None)] += 1
            theirs[verdict(garbled, meant, ftfy.fix_encoding(garbled), refused=False)] += 1
        print(f"{way:26} ours {dict(ours)}  ftfy {dict(theirs)}")


def main() -> None:
    """Print both tables."""
    folder = Path(sys.argv[1])
    names = ["aozora", "egov_law", "jawiki_jaquad", "techdocs", "debian_docs_ja"]
    corpora = {name: texts(folder / "corpora" / f"{name}.jsonl.zst") for name in names}
    ways([t[:2000] for name in names for t in corpora[name][:40]])
    for name, sound in corpora.items():
        rows, begin = pl.DataFrame({"text": sound}), time.process_time()
        after = Mojibake().apply(rows)
        ours = time.process_time() - begin
        changed = int((after["text"] != rows["text"]).sum())
        begin = time.process_time()
        fixed = sum(ftfy.fix_encoding(t) != t for t in sound)
        theirs = time.process_time() - begin
        refused, size = len(sound) - after["failed"].null_count(), sum(len(t.encode()) for t in sound) / 1e6
        print(
            f"{name}: {len(sound)} sound documents; ours changed {changed}, refused {refused},"
            f" {size / ours:.0f} MB/s; ftfy changed {fixed}, {size / theirs:.0f} MB/s"
        )


if __name__ == "__main__":
    main()
