"""What of a text is compared with others."""

import re
import unicodedata


def compared(text: str) -> str:
    r"""The text after NFKC, without white space.

    >>> compared("Ｑ：お米は\n　いつ研ぐ？")
    'Q:お米はいつ研ぐ?'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
