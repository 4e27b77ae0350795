"""HojiChar's and LLM-jp v1's filters and transforms: ours beside the originals, on the same documents.

    python benchmarks/hojichar_llmjp.py PEER_PYTHON LLM_JP_SCRIPTS

PEER_PYTHON is the interpreter of a virtual environment with `hojichar==0.18.1 fugashi unidic-lite emoji regex
polars`, LLM_JP_SCRIPTS the folder `scripts` of llm-jp/llm-jp-corpus. Documents and word lists lie in
../shared. Seconds are processor time on one core; ours and the originals take turns, the best of three
counts. "All verdicts" asks every filter about every document; "first reason" stops at the first filter that
rejects a document, as HojiChar's Compose does, and as our chain leaves out costly signals.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

import polars as pl

SHARED = Path(__file__).resolve().parents[2] / "shared"
HOJICHAR = {
    "adult_keywords_ja": "adult",
    "adult_keywords_en": "adult_en",
    "discrimination_keywords_ja": "discrimination",
    "violence_keywords_ja": "violence",
    "advertisement_keywords_ja": "ads",
}
LLM_JP = {
    "ja_adult_keywords": "adult",
    "ja_discrimination_keywords": "discrimination",
    "ja_violence_keywords": "violence",
    "advertisement_keywords_ja": "ads",
}
Work = dict[str, Callable[[], object]]


def documents() -> pl.DataFrame:
    """The recorded documents."""
    rows = pl.read_parquet(SHARED / "golden/docs.parquet").select("id", "text")
    return rows.with_columns(url=pl.lit(None, pl.String))


def write_lists(folder: Path) -> None:
    """The published word lists, in our format."""
    words = pl.read_ndjson(SHARED / "data/eval/ng_words_ja.jsonl").select("word", "category")
    for name, categories in (("hojichar", HOJICHAR), ("llm-jp", LLM_JP)):
        own = words.filter(pl.col("category").is_in(list(categories)))
        own.with_columns(pl.col("category").replace(categories)).write_ndjson(folder / f"{name}.jsonl")
    furniture = words.filter(pl.col("category") == "header_footer_keywords_ja")["word"]
    (folder / "furniture.txt").write_text("\n".join(furniture), "utf-8")


def ours(folder: Path) -> Work:
    """Our side of each comparison."""
    from curate.edge_sentences import EdgeSentences
    from curate.empty_brackets import EmptyBrackets
    from curate.japanese_lines import JapaneseLines
    from curate.ng_words import NgWords
    from curate.rules import Rules
    from curate.signals import measure
    from curate.wiki_footnotes import WikiFootnotes
    from seimai.chain import compile_chain, run_chain
    from seimai.signal import named

    rows = documents()

    def all_verdicts(lists: str, preset: str) -> pl.DataFrame:
        reasons = Rules(preset=preset).reasons()
        counted = NgWords(words=str(folder / f"{lists}.jsonl")).apply(rows)
        names = named(reasons.values()) - set(counted.columns)
        return counted.hstack(measure(rows, sorted(names))).select(**reasons)

    def first_reason(lists: str, preset: str) -> object:
        steps = [NgWords(words=str(folder / f"{lists}.jsonl")), Rules(preset=preset)]
        return run_chain(rows, compile_chain(steps, "documents", {}))

    return {
        "hojichar, all verdicts": lambda: all_verdicts("hojichar", "hojichar"),
        "hojichar, first reason": lambda: first_reason("hojichar", "hojichar"),
        "hojichar, words of five lists": lambda: NgWords(words=str(folder / "hojichar.jsonl")).apply(rows),
        "hojichar, headers and footers": lambda: EdgeSentences(
            words=str(folder / "furniture.txt"), exact=True
        ).apply(rows),
        "llm-jp-v1, all verdicts": lambda: all_verdicts("llm-jp", "llm-jp-v1"),
        "llm-jp-v1, first reason": lambda: first_reason("llm-jp", "llm-jp-v1"),
        "llm-jp-v1, words of four lists": lambda: NgWords(words=str(folder / "llm-jp.jsonl")).apply(rows),
        "llm-jp, Japanese lines": lambda: JapaneseLines(exact=True).apply(rows),
        "llm-jp, empty brackets": lambda: EmptyBrackets().apply(rows),
        "llm-jp, footnotes": lambda: WikiFootnotes().apply(rows),
    }


def originals(scripts: str) -> Work:
    """The other side; runs in the peer's interpreter."""
    sys.path.insert(0, scripts)
    import filters as llm_jp
    from hojichar import Document
    from hojichar.filters import document_filters as hojichar
    from hojichar.filters.tokenization import MergeTokens, SentenceTokenizer

    texts = documents()["text"].to_list()
    words = [
        hojichar.DiscardAdultContentJa(),
        hojichar.DiscardAdultContentEn(),
        hojichar.DiscardDiscriminationContentJa(),
        hojichar.DiscardViolenceContentJa(),
    ]
    ads = hojichar.DiscardAds()
    every = [
        hojichar.DocumentLengthFilter(),
        *words,
        hojichar.DiscardBBSComments(),
        ads,
        hojichar.AcceptJapanese(),
        hojichar.DiscardRareKuten(),
        hojichar.DiscardTooManyNouns(),
        hojichar.CharRepetitionRatioFilter(),
        hojichar.WordRepetitionRatioFilter(),
        hojichar.DiscardTooManySpecialToken(),
        hojichar.SingleCharacterRepetitionFilter(),
        hojichar.DiscardTooManyEndingEllipsis(),
        hojichar.DiscardTooShortLines(),
    ]
    lists = [
        llm_jp.is_not_ad_content(),
        llm_jp.is_not_adult_content(),
        llm_jp.is_not_discrimination_content(),
        llm_jp.is_not_violence_content(),
    ]
    compression = llm_jp.has_good_compression_ratio(0.3, 0.7)
    normal = [
        llm_jp.is_not_empty(),
        llm_jp.is_japanese(),
        *lists,
        llm_jp.has_good_average_sentence_length(250),
        lambda example: example["text"] == "" or compression(example),  # it would divide by zero
    ]
    furniture = [SentenceTokenizer(), hojichar.HeaderFooterTagsRemover(), MergeTokens()]

    def rejects(some: list) -> list:
        return [[f.apply(Document(t)).is_rejected for f in some] for t in texts]

    def keeps(judges: list) -> list:
        return [[judge({"text": t}) for judge in judges] for t in texts]

    def shortened(some: list) -> None:
        for t in texts:
            document = Document(t)
            for f in some:
                document = f.apply(document)

    def mapped(change: Callable) -> list:
        return [change({"text": t})["text"] for t in texts]

    return {
        "hojichar, all verdicts": lambda: rejects(every),
        "hojichar, first reason": lambda: [
            any(f.apply(Document(t)).is_rejected for f in every) for t in texts
        ],
        "hojichar, words of five lists": lambda: rejects([*words, ads]),
        "hojichar, headers and footers": lambda: shortened(furniture),
        "llm-jp-v1, all verdicts": lambda: keeps(normal),
        "llm-jp-v1, first reason": lambda: [all(judge({"text": t}) for judge in normal) for t in texts],
        "llm-jp-v1, words of four lists": lambda: keeps(lists),
        "llm-jp, Japanese lines": lambda: mapped(llm_jp.extract_japanese_text()),
        "llm-jp, empty brackets": lambda: mapped(llm_jp.remove_empty_parenthesis()),
        "llm-jp, footnotes": lambda: mapped(llm_jp.remove_wikipedia_footnote()),
    }


def seconds(work: Work) -> dict[str, float]:
    """Processor time of each part."""
    taken: dict[str, float] = {}
    for name, run in work.items():
        started = time.process_time()
        run()
        taken[name] = time.process_time() - started
    return taken


def main(peer: str, scripts: str) -> None:
    """Print megabytes of text a second for both sides, and the ratio."""
    size = documents()["text"].str.len_bytes().sum() / 1e6
    us: list[dict[str, float]] = []
    them: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        write_lists(Path(folder))
        mine = ours(Path(folder))
        seconds(mine)  # the kernels are loaded, the lists are read
        for _ in range(3):
            us.append(seconds(mine))
            answer = subprocess.run(
                [peer, __file__, "--originals", scripts], capture_output=True, text=True, check=True
            )
            them.append(json.loads(answer.stdout))
    print(f"{size:.1f} MB of text, {documents().height} documents\n")
    print("| what | seimai MB/s | original MB/s | times |\n|---|---|---|---|")
    for name in mine:
        a, b = (size / min(run[name] for run in runs) for runs in (us, them))
        print(f"| {name} | {a:,.1f} | {b:,.2f} | {a / b:,.1f} |")


if __name__ == "__main__":
    if sys.argv[1] == "--originals":
        print(json.dumps(seconds(originals(sys.argv[2]))))
    else:
        main(sys.argv[1], sys.argv[2])
