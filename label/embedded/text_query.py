"""Text search over a record's fields: the query language of Argilla's search box.

Words are joined by AND; `|` is OR, `-` forbids, `"..."` is a phrase, `*` at the end of a word makes it
a prefix, parentheses group. It is Elasticsearch's `simple_query_string` (which Argilla's own engines
use) without `~`, and with `|` binding looser than AND.

A word in a script that writes spaces matches whole words; Japanese, which does not, matches anywhere.
Text and query are folded by NFKC and case, so ＡＢＣ finds abc and ｶﾀｶﾅ finds カタカナ.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

Test = Callable[[str], bool]

_TOKEN = re.compile(r'"([^"]*)"|([()|])|([^\s()|"]+)')
# Letters and digits below the CJK blocks: the scripts that put spaces between words.
_WORD = "[0-9A-Za-z_\u00aa-\u02ff\u0370-\u1fff]"
_EDGE = re.compile(_WORD)


def matches(fields: str, names: str, query: str) -> bool:
    r"""Whether the named fields (JSON, as the database holds them) satisfy the query.

    >>> record = '{"text": "\\u6771\\u4eac\\u90fd\\u306e\\u4eba\\u53e3 alpha30"}'
    >>> matches(record, '["text"]', "東京 人口"), matches(record, '["text"]', "alpha3")
    (True, False)
    >>> matches(record, '["text"]', "alpha3* -大阪"), matches(record, '["text"]', "大阪 | 人口")
    (True, True)
    """
    values: dict[str, Any] = json.loads(fields)
    wanted: list[str] = json.loads(names)
    text = "\n".join(part for name in wanted for part in _strings(values.get(name)))
    return _parsed(query)(_fold(text))


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _strings(value: Any) -> Iterator[str]:
    """All text in a field: a string, a chat's messages, a custom field's object."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _strings(part)


@lru_cache(maxsize=64)
def _parsed(query: str) -> Test:
    tokens = list(_TOKEN.finditer(_fold(query)))
    tests: list[Test] = []
    while tokens:
        test = _any(tokens)
        if test is not None:
            tests.append(test)
        if tokens:  # a closing parenthesis that nothing opened
            tokens.pop(0)
    return lambda text: all(test(text) for test in tests)


def _any(tokens: list[re.Match[str]]) -> Test | None:
    """Alternatives up to the end or a closing parenthesis."""
    choices = [_all(tokens)]
    while tokens and tokens[0][2] == "|":
        tokens.pop(0)
        choices.append(_all(tokens))
    tests = [choice for choice in choices if choice is not None]
    return (lambda text: any(test(text) for test in tests)) if tests else None


def _all(tokens: list[re.Match[str]]) -> Test | None:
    tests: list[Test] = []
    forbid = False
    while tokens and tokens[0][2] not in ("|", ")"):
        token = tokens.pop(0)
        if token[3] in ("-", "+"):  # the operator of a phrase or group that follows
            forbid = token[3] == "-"
            continue
        test = _one(token, tokens)
        if test is not None:
            tests.append(_not(test) if forbid else test)
        forbid = False
    return (lambda text: all(test(text) for test in tests)) if tests else None


def _one(token: re.Match[str], tokens: list[re.Match[str]]) -> Test | None:
    if token[2] == "(":
        inner = _any(tokens)
        if tokens:  # the closing parenthesis
            tokens.pop(0)
        return inner
    if token[1] is not None:
        return _contains(token[1].strip())
    word = token[3]
    if word[0] == "-" and len(word) > 1:
        test = _word(word[1:])
        return _not(test) if test else None
    return _word(word.removeprefix("+"))


def _word(word: str) -> Test | None:
    stem = word.rstrip("*")
    return _contains(stem, prefix=stem != word)


def _contains(words: str, *, prefix: bool = False) -> Test | None:
    if not words:
        return None
    start = f"(?<!{_WORD})" if _EDGE.match(words[0]) else ""
    end = f"(?!{_WORD})" if _EDGE.match(words[-1]) and not prefix else ""
    pattern = re.compile(start + re.escape(words).replace(r"\ ", r"\s+") + end)
    return lambda text: pattern.search(text) is not None


def _not(test: Test) -> Test:
    return lambda text: not test(text)
