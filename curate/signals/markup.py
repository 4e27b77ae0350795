"""URLs, links and markup: what extraction should have taken away, or a page that only points elsewhere."""

from collections.abc import Collection, Mapping
from typing import Final

import polars as pl

from curate.signals.text import Text, Values, ratio
from seimai.signal import Signal

_VISIBLE: Final = "among code points that are not white space"

SIGNALS: Final[Mapping[str, Signal]] = {
    "urls": Signal("URLs: http://, https://, ftp:// and www. with what follows", "URLs", dtype=pl.Int64),
    "url_ratio": Signal(f"code points of URLs {_VISIBLE}", "share"),
    "link_ratio": Signal(
        f"code points of Markdown links and <a> elements, texts and targets, {_VISIBLE}", "share"
    ),
    "markup_ratio": Signal(
        f"code points of HTML tags, comments, character references and the marks [[ ]] {{{{ }}}}, {_VISIBLE}",
        "share",
    ),
}


def measure(text: Text, names: Collection[str]) -> dict[str, Values]:
    """The named signals of this family; white space in links and tags counts, so shares are cut at 1."""
    from curate.signals.kernels.markup import markup

    found = markup(text.points, text.starts)
    values = {
        "urls": found[:, 3],
        "url_ratio": ratio(found[:, 0], text.visible),
        "link_ratio": ratio(found[:, 1], text.visible).clip(max=1),
        "markup_ratio": ratio(found[:, 2], text.visible).clip(max=1),
    }
    return {name: values[name] for name in names}
