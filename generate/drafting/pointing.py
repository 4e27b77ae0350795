"""Questions that point at a text, or a thing, that whoever reads the question does not see."""

import re

TEXT = (
    r"(?:この|本|上の|上記の|前記の|以下の|下の|次の|与えられた)(?:文章|文書|文|記事|資料|テキスト|内容|説明|一節|段落)"
    r"|本文|文中|資料(?:に|で)(?:は|よ)|(?:この)?資料[のをにで]"
)
FIRST = r"^(?:この|その|あの|これ|それ|ここ|そこ|当該|同[社氏国市町村県年]|彼|彼女|彼ら)(?!ほか|他|ため)"
"""A question that begins with a pronoun has what it is about somewhere else."""
POINTS = re.compile(f"{TEXT}|{FIRST}")


def points_elsewhere(question: str) -> bool:
    """Whether a question cannot be understood alone.

    >>> points_elsewhere("このアルバムの曲数は?"), points_elsewhere("アルバム『HOME』の曲数は?")
    (True, False)
    """
    return POINTS.search(question) is not None
