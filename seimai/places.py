"""YAML with places: plain data, and the line that each key stands on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from seimai.errors import SeimaiError

Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Places:
    """Lines (from 1) of the keys of a YAML file; a key is the way to it from the top."""

    file: Path
    lines: Mapping[Key, int]

    def error(self, key: Key, message: str) -> SeimaiError:
        """An error that names file, line and key."""
        known = next((key[:n] for n in range(len(key), -1, -1) if key[:n] in self.lines), ())
        where = f"{self.file}:{self.lines.get(known, 1)}"
        return SeimaiError(f"{where}: {name_of(key)}: {message}" if key else f"{where}: {message}")


def name_of(key: Key) -> str:
    """A key as people write it.

    >>> name_of(("corpus", "steps", 2, "curate.length", "min_chars"))
    'corpus.steps[2].curate.length.min_chars'
    """
    return "".join(f"[{k}]" if isinstance(k, int) else f".{k}" for k in key).lstrip(".")


def nearest(word: str, choices: Iterable[str]) -> str:
    """A hint that names the nearest valid value, or all of them when there are few.

    >>> nearest("treshold", ["ngram", "threshold"])
    "; did you mean 'threshold'?"
    """
    choices = sorted(choices)
    close = get_close_matches(word, choices, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; choose from {', '.join(choices)}" if 0 < len(choices) <= 24 else ""


def load(path: Path) -> tuple[Any, Places]:
    """Read a YAML file into plain dictionaries and lists, and the places of their keys.

    Raises:
        SeimaiError: if the file is missing, is not UTF-8 or is not YAML; duplicate keys are refused.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise SeimaiError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SeimaiError(f"{path} is a folder; name the recipe file in it") from None
    except (OSError, UnicodeDecodeError) as e:
        raise SeimaiError(f"{path}: cannot be read: {e}") from None
    try:
        parser: Any = YAML(typ="rt")
        tree: Any = parser.load(text)
    except MarkedYAMLError as e:
        marked: Any = e
        mark = marked.problem_mark or marked.context_mark
        line = mark.line + 1 if mark else 1
        problem = str(marked.problem or marked.context).strip().splitlines()[0]
        raise SeimaiError(f"{path}:{line}: not valid YAML: {problem}") from None
    except YAMLError as e:
        raise SeimaiError(f"{path}: not valid YAML: {str(e).splitlines()[0]}") from None
    lines: dict[Key, int] = {(): 1}
    return _plain(tree, (), lines), Places(path, lines)


def _plain(node: Any, key: Key, lines: dict[Key, int]) -> Any:
    if isinstance(node, Mapping):
        mapping = cast("Any", node)
        plain: dict[str, Any] = {}
        for name, value in mapping.items():
            here = (*key, str(name))
            merged = name not in (mapping.lc.data or {})  # by `<<`: it stands elsewhere
            lines[here] = lines[key] if merged else mapping.lc.key(name)[0] + 1
            plain[str(name)] = _plain(value, here, lines)
        return plain
    if isinstance(node, Sequence) and not isinstance(node, str | bytes):
        items = cast("Any", node)
        for i in range(len(items)):
            lines[(*key, i)] = items.lc.item(i)[0] + 1
        return [_plain(value, (*key, i), lines) for i, value in enumerate(items)]
    if isinstance(node, str):
        return str(node)
    if isinstance(node, bool):
        return bool(node)
    if isinstance(node, int):
        return int(node)
    if isinstance(node, float):
        return float(node)
    return node
