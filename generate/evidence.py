"""Whether what a model quotes stands in the passage that it was shown."""

import re
import unicodedata

LEAST = 6
"""Characters of a quote: a shorter one (です。, a name) stands in any passage."""
IGNORED = re.compile(r"[\s「」『』\"“”'’*_`]+")


def is_quoted(quote: str, passage: str) -> bool:
    """Whether the quote stands in the passage, but for width of letters, white space and quotation marks.

    >>> is_quoted("「ぬかを 除くこと」", "精米とは、玄米からぬかを除くことです。")
    True
    >>> is_quoted("ぬかを落とすこと", "精米とは、玄米からぬかを除くことです。")
    False
    """
    wanted = squeezed(quote).rstrip("。.…")
    return len(wanted) >= LEAST and wanted in squeezed(passage)


def squeezed(text: str) -> str:
    """The text after NFKC, without white space, quotation marks and bold type."""
    return IGNORED.sub("", unicodedata.normalize("NFKC", text))
