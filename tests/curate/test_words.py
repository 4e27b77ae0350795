"""Words: equal to SudachiPy's on any text; their counts and n-grams by hand and by another way."""

import subprocess
import sys
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("sudachipy", reason="words need SudachiPy")
pytest.importorskip("sudachidict_core", reason="words need SudachiPy's dictionary")

from curate.signals import SIGNALS, measure
from curate.signals.text import batches
from curate.words.dictionary import system
from curate.words.tokens import CHUNK_BYTES, words_of
from seimai.errors import SeimaiError

KANA = "".join(map(chr, [*range(0x3041, 0x30FF), *range(0xFF66, 0xFFA0)]))
ODD = (
    "一二三十百千万億〇〇１２34.,，．…‥ー－-〜〰～ﾞﾟ゛゜\u3099\u309a（）()漢字東京都\n\r\t 　\u2028"
    "\u200d\ufe0f👍🏽𠮷㈱①½ⅣﬁÅİßaＡzé,.!?。、「」"
)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["これはペンです。", "東京都に", "1,234.5円", "三百二十万人", "コンピューターー", "々"]
        ),
        st.text(st.sampled_from(ODD), max_size=8),
        st.text(st.sampled_from(KANA), max_size=6),
        st.text(st.characters(blacklist_categories=("Cs",)), max_size=4),
    ),
    max_size=8,
).map("".join)


def ours(texts: list[str]) -> list[list[str]]:
    """The words of each text as strings."""
    found: list[list[str]] = []
    for batch in batches(pl.Series(texts, dtype=pl.String)):
        words = words_of(batch)
        for d in range(len(batch.starts) - 1):
            text, start = texts[len(found)], int(batch.starts[d])
            spans = slice(*words.offsets[d : d + 2].tolist())
            pairs = zip(words.first[spans].tolist(), words.end[spans].tolist(), strict=True)
            found.append([text[a - start : b - start] for a, b in pairs])
    return found


@pytest.fixture(scope="module")
def sudachi():
    from sudachipy import SplitMode

    tokenizer = system().tokenizer(SplitMode.A)

    def words(text: str) -> list[str]:
        surfaces = (m.surface().strip() for m in tokenizer.tokenize(text))
        return [surface for surface in surfaces if surface]

    return words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("精米は、米を磨く。", ["精米", "は", "、", "米", "を", "磨く", "。"]),
        ("国立国会図書館", ["国立", "国会", "図書", "館"]),
        ("1,234.5円と三百二十万人", ["1,234.5", "円", "と", "三百二十万", "人"]),
        ("〇2８1一", ["〇", "2", "８", "1", "一"]),
        ("〇2８1一\n", ["〇", "2", "８1一"]),
        ("ゼヒジャパンへ", ["ゼヒジャパン", "へ"]),
        ("待って……", ["待っ", "て", "…", "…"]),
        ("飛驒(ひだ)の牛", ["飛驒(ひだ)", "の", "牛"]),
        ("すごーーーい", ["すごーーーい"]),
        ("ｶﾞｽとガス", ["ｶﾞｽ", "と", "ガス"]),
        (" \n　\n", []),
        ("", []),
    ],
)
def test_words_as_sudachi_has_them(text, words, sudachi):
    assert ours([text]) == [words] == [sudachi(text)]


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_any_text_has_the_words_that_sudachipy_finds(text):
    from sudachipy import SplitMode

    tokenizer = system().tokenizer(SplitMode.A)
    surfaces = (m.surface().strip() for m in tokenizer.tokenize(text))
    assert ours([text]) == [[s for s in surfaces if s]]


def test_real_documents_have_the_words_that_sudachipy_finds(evaluation, sudachi):
    for name in ("quality_synth", "lid"):
        texts = [t for t in evaluation(name)["text"][::40] if t and len(t.encode()) < CHUNK_BYTES]
        assert ours(texts) == [sudachi(text) for text in texts]


def test_a_line_says_nothing_about_the_words_of_another():
    line, other = "お…一高の頃のことを考へると", "朝日さすす。"
    together, alone = ours([f"\n{line}\n{other}\n", f"\n{line}\n"])
    assert together[: len(alone)] == alone


def test_long_texts_are_cut_where_datatrove_cuts_them():
    text = "今日はよい天気です。" * 3000
    (words,) = ours([text])
    assert "".join(words) == text
    assert len(text.encode()) > 2 * CHUNK_BYTES


@pytest.mark.parametrize(
    "text", ["👍" * 3, "\x00" * 5, "\ufe0f\n\ufe0f", "漢" * 5000, "a" * 90_000, "ー" * 3000]
)
def test_odd_texts_lose_no_letter(text):
    (words,) = ours([text])
    assert "".join(words) == "".join(text.split())


def of(text: str, *names: str) -> tuple[object, ...]:
    return measure(pl.DataFrame({"text": [text]}), names).row(0)


def test_counts_of_words():
    names = ("words", "gopher_words", "letter_word_ratio", "fineweb_stop_words", "mean_word_chars")
    assert of("精米は、米を磨く。", *names) == (7, 5, 5 / 7, 2, 9 / 7)
    assert of("『１』", "words", "gopher_words", "readable_words") == (3, 2, 1)
    assert of("", *names) == (0, 0, 0.0, 0, 0.0)


def test_the_commonest_ngram_as_datatrove_has_it_and_as_ours():
    # 猫 は 走る 。: each pair occurs once; the first one counts, with a space: 3 of 5 code points.
    assert of("猫は走る。", "gopher_top_2gram_ratio", "top_word_2gram_ratio") == (3 / 5, 0.0)
    assert of("猫は走る。猫は走る。", "top_word_2gram_ratio") == (2 * 3 / 10,)


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("猫は走る。 \n米"), max_size=60), st.integers(2, 10))
def test_ngrams_by_another_way(text, n):
    (words,) = ours([text])
    whole = max(len(text), 1)
    spaced = Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    top = max(spaced, key=lambda gram: spaced[gram]) if spaced else ""
    again, met, i = 0, set[str](), 0
    while i + n <= len(words):
        gram = "".join(words[i : i + n])
        again += len(gram) if gram in met else 0
        i += n if gram in met else 1
        met.add(gram)
    found = of(text, f"gopher_top_{n}gram_ratio", f"gopher_duplicate_{n}gram_ratio")
    assert found == (len(top) * spaced[top] / whole, again / whole)


def test_sudachi_is_not_loaded_before_a_word_is_wanted():
    code = (
        "import sys, polars as pl; from curate.signals import measure; "
        "measure(pl.DataFrame({'text': ['米']}), ['newlines']); assert 'sudachipy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("missing", ["sudachipy", "sudachidict_core"])
def test_what_is_missing_is_named(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    system.cache_clear()
    with pytest.raises(SeimaiError, match=r"pip install 'seimai\[words\]'"):
        system()


def test_signals_over_words_are_costly():
    assert all(SIGNALS[name].costly for name in ("words", "gopher_top_2gram_ratio", "top_word_10gram_ratio"))
