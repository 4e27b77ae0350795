"""Code blocks: kept and measured, dropped, or marked."""

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from curate.cleaning.code import code_blocks
from curate.cleaning.lines import cut_out
from seimai.step import Transform


class CodeBlocks(Transform):
    r"""Keep, drop or mark the code in Markdown and plain text.

    Fenced blocks (three or more backticks or tildes) with their fences, and blocks indented by four spaces
    or a tab that look like code. `drop` leaves the prose around them, for a corpus of language alone; `mark`
    puts one line in a block's place, so that 「次の例では」 still has something to point at; `keep` changes
    nothing and only counts, for a filter on the share of code.

    A fence that is never closed is left as it is, and so is inline code. Applied twice it does what it does
    once. `code_chars` is the number of characters in the blocks that were found, fences included.

    >>> text = "次の例を見る。\n\n```python\nprint('米')\n```\n\n結果は米である。"
    >>> rows = pl.DataFrame({"text": [text]})
    >>> CodeBlocks(code="mark").apply(rows).rows()
    [('次の例を見る。\n\n［コード］\n\n結果は米である。', 24)]
    >>> CodeBlocks(code="drop").apply(rows)["text"].item()
    '次の例を見る。\n\n結果は米である。'
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "code_chars"})

    code: Literal["keep", "drop", "mark"] = Field("keep", description="what becomes of a code block")
    mark: str = Field("［コード］", description="the line that stands for a block that is marked")
    indented: bool = Field(default=True, description="indented blocks too, not only fenced ones")

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows with their code blocks kept, dropped or marked, and counted."""
        results = [self._treated(text) for text in rows["text"]]
        counts = pl.Series("code_chars", [count for _, count in results], pl.Int64)
        if "code_chars" in rows.columns and self.code != "keep":
            counts += rows["code_chars"].fill_null(0)  # what an earlier step dropped was code of this text
        return rows.with_columns(pl.Series("text", [text for text, _ in results], pl.String), counts)

    def _treated(self, text: str | None) -> tuple[str | None, int | None]:
        if text is None:
            return None, None
        count = 0
        while blocks := self._blocks(text):
            lines = text.split("\n")
            count += sum(len("\n".join(lines[b.start : b.stop])) for b in blocks)
            if self.code == "keep":
                break
            text = cut_out(lines, blocks, self.mark if self.code == "mark" else None)
        return text, count

    def _blocks(self, text: str) -> list[range]:
        """The blocks; where some are dropped, what stood around them may make another."""
        if "```" in text or "~~~" in text or (self.indented and ("    " in text or "\t" in text)):
            return list(code_blocks(text.split("\n"), indented=self.indented))
        return []
