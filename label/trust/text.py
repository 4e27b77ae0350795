"""Sentences in both languages."""

from html import escape


def both(ja: str, en: str) -> str:
    """The sentence in Japanese and English, escaped; the page's switch shows one of them.

    >>> both("一致", "agreement")
    '<span lang="ja">一致</span><span lang="en">agreement</span>'
    """
    return f'<span lang="ja">{escape(ja)}</span><span lang="en">{escape(en)}</span>'
