"""Mail: what was quoted from other mails, and signatures."""

from typing import ClassVar

import polars as pl
from pydantic import Field

from curate.cleaning.lines import cut_out
from curate.cleaning.mail import heads, original, quoted, signature
from curate.cleaning.removed import cleaned
from seimai.step import Transform


class Quotes(Transform):
    r"""Remove from mails and newsgroup posts what their author did not write.

    - lines that begin with `>`, with the line above that says whose they are (「糠沢さんは書きました:」,
      `2024年2月5日(月) 糠沢 <nuka@example.jp>:`, `On … wrote:`)
    - the message below `-----Original Message-----` (「元のメッセージ」), or below headers in the midst of
      the text (差出人:, 送信日時:, 件名:), to the end
    - signatures, in the last twelve lines: below `-- `, or below a rule when at least two lines have a
      telephone number, an address, an organisation, and none a sentence

    A thread then holds each message once, and people's numbers and addresses go with the signatures.
    Forwarded messages stay: they are what the mail says. For mail only: in Markdown, `>` lines are the
    author's. Applied twice it does what it does once. `quotes_removed` is the number of characters that went.

    >>> mail = "承知しました。\n\n糠沢さんは書きました:\n> 明日の午後に伺います。\n\n-- \n早苗田 電話 000"
    >>> Quotes().apply(pl.DataFrame({"text": [mail]})).rows()
    [('承知しました。', 43)]
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "quotes_removed"})

    quoted: bool = Field(default=True, description="remove lines that begin with >")
    original: bool = Field(default=True, description="remove the message below that the mail answers")
    signature: bool = Field(default=True, description="remove signatures")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows without quotations."""
        return cleaned(rows, [text and self._without(text) for text in rows["text"]], "quotes_removed")

    def _without(self, text: str) -> str:
        finders = [
            f
            for on, f in ((self.original, original), (self.quoted, quoted), (self.signature, signature))
            if on
        ]
        before = None
        while text != before:  # what one removes may be all that stood below what another looks for
            before = text
            for find in finders:
                lines = text.split("\n")
                text = cut_out(lines, find(heads(lines)))
        return text
