"""Which of a pair's two responses stands on the left."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import xxhash

from seimai.dataset import write_atomically
from seimai.errors import SeimaiError

Side = Literal["chosen", "rejected"]


def on_the_left(pair: str, seed: int) -> Side:
    """The response shown as A: a coin for each pair, the same at every run of the same seed.

    >>> [on_the_left(pair, 17) for pair in ("米", "麦", "粟", "稗")]
    ['rejected', 'chosen', 'rejected', 'rejected']
    """
    return "chosen" if xxhash.xxh3_64_intdigest(f"{seed}\x1f{pair}".encode()) & 1 else "rejected"


def keep(path: Path, pairs: Iterable[str], seed: int) -> dict[str, Side]:
    """Draw the sides of all pairs and keep them in a file on our side: reviewers must not see them.

    A file that is there is read, not drawn again: it says what the reviewers were shown.

    Raises:
        SeimaiError: if the file cannot be read.
    """
    if not path.exists():
        drawn = {pair: on_the_left(pair, seed) for pair in pairs}
        lines = (json.dumps({"pair": pair, "a": side}, ensure_ascii=False) for pair, side in drawn.items())
        write_atomically(path, "".join(line + "\n" for line in lines).encode("utf-8"))
    try:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return {row["pair"]: row["a"] for row in rows}
    except (ValueError, KeyError) as error:
        raise SeimaiError(f"{path} does not hold the sides of the pairs: {error}") from error
