"""Aozora Bunko's notation off the works that are written in it."""

import json
from typing import Any, ClassVar, cast

import polars as pl
from pydantic import Field

from curate.reading.aozora import Work, is_aozora, work
from seimai.step import Transform


class Aozora(Transform):
    r"""Reduce works in Aozora Bunko's notation to what a reader of the book sees.

    A document is one if it has the legend of signs, or a colophon (底本：) that names Aozora Bunko; all
    others stay as they are.

    | notation | becomes |
    |---|---|
    | ｜米《こめ》, 米《こめ》 | 米 |
    | ［＃「米」に傍点］, ［＃改ページ］, 返り点 and all other notes | nothing, and no line |
    | ※［＃「目＋匡」、第3水準1-88-81］, ※［＃…、U+546D、…］ | the character (眶, 呭) |
    | ※［＃小書き片仮名ン、…］ that Unicode lacks | the kana in full size |
    | ※［＃…］ that only describes | 〓 |
    | ますます written ます／＼, とりどり written とり／″＼ | ます〱, とり〲 |
    | 〔Spha:re〕 | Sphäre |
    | head: title and subtitle, author, translator | `title`, `meta.author`, `meta.translator` |
    | legend of signs (between two rules of hyphens) | nothing |
    | colophon, from 底本： on | `meta.colophon` |

    What a record says of its title and author stands. A row without text after that fails with `no text`.

    >>> text = "米\n精米 太郎\n\n　｜米《こめ》を磨《みが》く［＃「磨く」に傍点］。\n\n底本：「米」青空文庫"
    >>> rows = pl.DataFrame({"text": [text], "title": [None], "meta": [None]})
    >>> Aozora().apply(rows).row(0)
    ('　米を磨く。', '米', '{"author": "精米 太郎", "colophon": "底本：「米」青空文庫"}', None)
    """

    changes: ClassVar[frozenset[str]] = frozenset({"text", "title", "meta"})

    every: bool = Field(
        default=False,
        description="read every document as Aozora notation: for chapters that lost their head and colophon, "
        "or novels of other sites that write readings as ｜漢字《かんじ》",
    )

    def apply(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Text, title and meta of every row."""
        missing = [pl.lit(None, pl.String).alias(c) for c in ("title", "meta") if c not in rows.columns]
        rows = rows.with_columns(missing)
        read = [self._read(*row) for row in rows.select("text", "title", "meta").iter_rows()]
        return rows.with_columns(
            pl.Series(name, [row[i] for row in read], pl.String())
            for i, name in enumerate(("text", "title", "meta", "failed"))
        )

    def _read(
        self, text: str | None, title: str | None, meta: str | None
    ) -> tuple[str | None, str | None, str | None, str | None]:
        if not text or not (self.every or is_aozora(text)):
            return text, title, meta, None
        found = work(text)
        if not found.text or found.text.isspace():
            return text, title, meta, "no text"
        return found.text, title or found.title, _with(meta, found), None


def _with(meta: str | None, found: Work) -> str | None:
    """The row's meta with what the file says of its author and edition; what a record said stands."""
    said = {k: v for k in ("author", "translator", "colophon") if (v := getattr(found, k))}
    if not said:
        return meta
    before: Any = json.loads(meta) if meta else {}
    if not isinstance(before, dict):
        return meta
    return json.dumps({**said, **cast(dict[str, Any], before)}, ensure_ascii=False)
