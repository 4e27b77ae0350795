"""Language identification: right answers, and speed, ours beside plain fastText.

    python benchmarks/language.py accuracy    # by kind and language, on the half that nothing was tuned on
    python benchmarks/language.py weights     # what was tuned, on the other half
    python benchmarks/language.py speed       # and what the model says of documents that do not need it
    python benchmarks/language.py sampling    # how little of a document the model must read
    python benchmarks/language.py mixture     # where fastText turns from English to Japanese

The data lie in ../shared beside the repository.
"""

import io
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import zstandard

from curate.signals import evidence, lid176, measure, scripts
from curate.signals.kernels.script_counts import script_counts
from curate.signals.text import batches

SHARED = Path(__file__).resolve().parents[2] / "shared"
AT_LEAST = 0.65
CHINESE = ("zh", "yue", "wuu")


def lines(path: Path) -> Iterator[dict[str, str]]:
    """The records of a compressed file."""
    with path.open("rb") as file:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), "utf-8"):
            yield json.loads(line)


def evaluation(half: int) -> pl.DataFrame:
    """One half of the labelled texts: every other row."""
    rows = pl.DataFrame(list(lines(SHARED / "data/eval/lid.jsonl.zst"))).select("text", "lang", "kind")
    return rows[half::2]


def corpora() -> list[str]:
    """All documents of the Japanese corpora."""
    return [r["text"] for p in sorted((SHARED / "data/corpora").glob("*.jsonl.zst")) for r in lines(p)]


def keeps(answer: lid176.Answer) -> bool:
    """The verdict of `curate.language` with its defaults."""
    return next(iter(answer), "") == "ja" and answer["ja"] >= AT_LEAST


def accuracy() -> None:
    """Share called Japanese, and share kept at 0.65, of each kind and language."""
    rows = evaluation(1)
    names = ["language", "language_probability", "fasttext_language", "fasttext_probability"]
    rows = rows.with_columns(measure(rows, names))
    columns: list[pl.Expr] = []
    for ours, name in ((False, "fasttext"), (True, "language")):
        label = pl.col("language" if ours else "fasttext_language") == "ja"
        sure = pl.col("language_probability" if ours else "fasttext_probability") >= AT_LEAST
        columns += [label.sum().alias(f"{name}: ja"), (label & sure).sum().alias(f"{name}: kept")]
    table = rows.group_by("kind", "lang", maintain_order=True).agg(pl.len().alias("texts"), *columns)
    total = {"Japanese": pl.col("lang") == "ja", "other": pl.col("lang") != "ja"}
    sums = [
        table.filter(where).select(
            pl.lit("all").alias("kind"), pl.lit(n).alias("lang"), pl.exclude("kind", "lang").sum()
        )
        for n, where in total.items()
    ]
    with pl.Config(tbl_rows=-1, tbl_width_chars=140, fmt_str_lengths=40, tbl_formatting="MARKDOWN"):
        print(pl.concat([table, *sums]))
    for name in ("fasttext", "language"):
        for verdict in ("ja", "kept"):
            right, wrong = (s[f"{name}: {verdict}"].item() for s in sums)
            print(
                f"{name:9s} {verdict:5s} recall {right / sums[0]['texts'].item():.4f}  "
                f"precision {right / (right + wrong):.4f}"
            )


def weights() -> None:
    """Loss of the joined probability by the weight of a point: texts of kanji alone, first half."""
    rows = evaluation(0)
    found = [
        evidence.weigh(script_counts(b.points, b.starts, scripts.table(), scripts.CLASSES))
        for b in batches(rows["text"])
    ]
    lead, mass = (np.concatenate([getattr(f, name) for f in found]) for name in ("lead", "mass"))
    rows = rows.with_columns(lead=lead, mass=mass).filter(
        pl.col("mass") == 1, ~pl.col("text").str.contains(r"[\p{Hiragana}\p{Katakana}]")
    )
    answers = lid176.ask(rows["text"].to_list(), most=8, at_least=0.001)
    chinese = [sum(a.get(c, 0) for c in CHINESE) for a in answers]
    print(f"{rows.height} texts, {(rows['lang'] == 'ja').sum()} of them Japanese")
    print("weight  loss (nats)  Japanese found  others called Japanese")
    usual = evidence.WEIGHT
    for weight in (0, 1, 2, 4, 6, 8, 12):
        evidence.WEIGHT = weight  # type: ignore[misc]
        p = np.array(
            [
                evidence.join(x, a.get("ja", 0), z)
                for x, a, z in zip(rows["lead"], answers, chinese, strict=True)
            ]
        )
        truth = (rows["lang"] == "ja").to_numpy()
        loss = -np.log(np.clip(np.where(truth, p, 1 - p), 1e-9, 1)).sum()
        print(f"{weight:6d}{loss:13.1f}{(truth & (p > 0.5)).sum():16d}{(~truth & (p > 0.5)).sum():24d}")
    evidence.WEIGHT = usual  # type: ignore[misc]


def timed(name: str, megabytes: float, work: Callable[[], object]) -> None:
    """CPU time of the better of two rounds."""
    seconds: list[float] = []
    for _ in range(2):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    print(f"{name:40s}{min(seconds):8.2f} s {megabytes / min(seconds):8.1f} MB/s")


def speed() -> None:
    """CPU time of the signals beside fastText over whole texts, and what the scripts settle."""
    texts = corpora()
    rows = pl.DataFrame({"text": texts})
    megabytes = int(rows["text"].str.len_bytes().sum()) / 1e6
    print(f"{len(texts)} documents, {megabytes:.1f} MB, one core, CPU time")
    timed("fastText, whole texts", megabytes, lambda: lid176.ask(texts))
    timed("fastText, 1,000 characters", megabytes, lambda: lid176.ask([t[:1000] for t in texts]))
    timed(
        "language and language_probability",
        megabytes,
        lambda: measure(rows, ["language", "language_probability"]),
    )
    timed("  of which decoding", megabytes, lambda: [None for _ in batches(rows["text"])])
    timed("chars alone", megabytes, lambda: measure(rows, ["chars"]))
    golden = pl.read_parquet(SHARED / "golden/docs.parquet")["text"].to_list()
    labelled = [r["text"] for r in lines(SHARED / "data/eval/lid.jsonl.zst")]
    for name, some in (("corpora", texts), ("golden", golden), ("lid", labelled)):
        settled_by_scripts(name, some)


def settled(texts: list[str]) -> list[bool]:
    """Which texts need no model."""
    found = (
        evidence.weigh(script_counts(b.points, b.starts, scripts.table(), scripts.CLASSES))
        for b in batches(pl.Series(texts, dtype=pl.String))
    )
    return [bool(x) for f in found for x in f.settled]


def settled_by_scripts(name: str, texts: list[str]) -> None:
    """How many texts need no model, and what the model would have said of them."""
    own = [t for t, yes in zip(texts, settled(texts), strict=True) if yes]
    answers = lid176.ask(own)
    other = [a for a in answers if next(iter(a)) != "ja"]
    unsure = [a for a in answers if next(iter(a)) == "ja" and not keeps(a)]
    print(
        f"{name}: scripts settle {len(own)} of {len(texts)} documents as Japanese; of these fastText calls "
        f"{len(other)} another language and is unsure (below {AT_LEAST}) of {len(unsure)}"
    )


def sampling() -> None:
    """Verdicts on slices against verdicts on whole texts, of the documents that need the model."""
    texts = corpora()
    texts = [t for t, yes in zip(texts, settled(texts), strict=True) if not yes]
    print(f"{len(texts)} documents, {sum(map(len, texts)) / len(texts):.0f} characters on average")
    start = time.process_time()
    whole = lid176.ask(texts)
    print(f"whole texts: {time.process_time() - start:.2f} s")
    start = time.process_time()
    report("as the signals do", start, lid176.ask_samples(texts), whole)
    for count in (8, 24, 32, 64, 128, 256):
        start = time.process_time()
        report(f"{count} slices", start, lid176.ask([lid176.slices(t, count) for t in texts]), whole)


def report(name: str, start: float, answers: list[lid176.Answer], whole: list[lid176.Answer]) -> None:
    """Time since the start, and where labels and verdicts differ."""
    seconds = time.process_time() - start
    labels = sum(next(iter(a)) != next(iter(b)) for a, b in zip(answers, whole, strict=True))
    verdicts = sum(keeps(a) != keeps(b) for a, b in zip(answers, whole, strict=True))
    print(f"{name:20s}{seconds:6.2f} s, other label {labels}, other verdict {verdicts}")


def mixture() -> None:
    """Share of mixed texts that fastText calls Japanese, by the share of Japanese letters."""
    rows = evaluation(0).filter(pl.col("kind") == "news sentence")
    news = {lang: rows.filter(pl.col("lang") == lang)["text"].to_list() for lang in ("ja", "en")}
    rng = random.Random(0)
    texts: list[str] = []
    for _ in range(3000):
        some = rng.sample(news["ja"], rng.randint(1, 8)) + rng.sample(news["en"], rng.randint(2, 20))
        rng.shuffle(some)
        texts.append(" ".join(some))
    counts = np.concatenate(
        [
            script_counts(b.points, b.starts, scripts.table(), scripts.CLASSES)
            for b in batches(pl.Series(texts))
        ]
    )
    native = counts[:, scripts.KANA] + counts[:, scripts.KANJI :].sum(axis=1)
    share = native / (native + counts[:, scripts.LATIN])
    answers = lid176.ask(texts)
    japanese = np.array([next(iter(a)) == "ja" for a in answers])
    sure = np.array([keeps(a) for a in answers])
    print("Japanese letters  texts  called Japanese  at 0.65")
    for low in np.arange(0.05, 0.5, 0.05):
        here = (share >= low) & (share < low + 0.05)
        shares = f"{japanese[here].mean():17.3f}{sure[here].mean():9.3f}"
        print(f"{low:11.2f}-{low + 0.05:.2f}{here.sum():7d}{shares}")


if __name__ == "__main__":
    parts = {f.__name__: f for f in (accuracy, weights, speed, sampling, mixture)}
    if len(sys.argv) != 2 or sys.argv[1] not in parts:
        sys.exit(__doc__)
    parts[sys.argv[1]]()
