"""Whether what a model quotes stands in the passage that it was shown."""

import re
import unicodedata

LEAST = 6
"""Characters of a quote: a shorter one (です。, a name) stands in any passage."""
MOST = 0.7
"""Of the passage: whoever quotes all of it has not looked for the answer."""
IGNORED = re.compile(r"[\s「」『』\"“”'’*_`]+")


def is_quoted(quote: str, passage: str) -> bool:
    """Whether the quote is a part of the passage, but for width of letters, white space and quotation marks.

    >>> is_quoted("「ぬかを 除くこと」", "精米とは、玄米からぬかを除くことです。")
    True
    >>> is_quoted("ぬかを落とすこと", "精米とは、玄米からぬかを除くことです。")
    False
    """
    wanted = squeezed(quote).rstrip("。.…")
    shown = squeezed(passage)
    return LEAST <= len(wanted) <= MOST * len(shown) and wanted in shown


def squeezed(text: str) -> str:
    """The text after NFKC, without white space, quotation marks and bold type."""
    return IGNORED.sub("", unicodedata.normalize("NFKC", text))
