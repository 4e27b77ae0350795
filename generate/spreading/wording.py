"""How prompts are worded: how many n-grams are new, how sentences open and end."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from generate.compared import compared

OPENING = 5
"""Characters of an opening."""
LAST = re.compile(r"[。！？!?\n]+")
PARTICLE = re.compile(r"[をにはがとのへ、」』)）:：]|も(?!ら)|で(?![すしきはも])|から|まで")
"""After the last of these begins what is asked for: 〜を|教えてください, 〜について|説明して, 何|ですか."""
LONGEST_END = 14


def distinct(texts: Iterable[str], n: int) -> float:
    """The share of all character n-grams that are different ones (distinct-n, Li et al. 2016).

    It falls with the size of a set: compare sets of equal size.

    >>> distinct(["お米", "お米"], 2)
    0.5
    """
    counts = Counter[str]()
    for text in texts:
        text = compared(text)
        counts.update(text[i : i + n] for i in range(len(text) - n + 1))
    return len(counts) / counts.total() if counts else 0.0


def opening(text: str) -> str:
    """The first characters of a prompt."""
    return compared(text)[:OPENING]


def ending(text: str) -> str:
    r"""How the last sentence ends: its verb, as a rule, with what follows it.

    >>> [ending(t) for t in ("お米の研ぎ方を教えてください。", "文を訳して。\n「はい」", "首都はどこですか?")]
    ['教えてください', '「はい」', 'どこですか']
    """
    sentences = [s.strip() for s in LAST.split(text) if s.strip()]
    if not sentences:
        return ""
    parts = [part for part in PARTICLE.split(sentences[-1]) if part]
    last = parts[-1] if parts else sentences[-1]
    return (last if len(last) >= 2 and sentences[-1].endswith(last) else sentences[-1])[-LONGEST_END:]


def subject(text: str) -> str:
    """A prompt without the end of its last sentence: what is asked about, and not for what.

    >>> subject("お米の研ぎ方を教えてください。")
    'お米の研ぎ方を'
    """
    return text.strip().rstrip("。！？!?").removesuffix(ending(text)) or text


def most_common(found: Sequence[str], number: int = 10) -> list[tuple[str, int]]:
    """The most common of some strings, with how often each comes; of equals the first by name."""
    counts = Counter(f for f in found if f)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:number]
