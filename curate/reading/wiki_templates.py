"""Templates of the Japanese Wikipedia whose arguments are text that a reader sees; all others are dropped.

Each is a page of its own there (https://ja.wikipedia.org/wiki/Template:…), which says what it shows.
"""

import re
from collections.abc import Mapping, Sequence

_FIRST = [
    *["仮リンク", "ill2", "日本語版にない記事リンク", "Linktext"],  # links to what has no page yet
    *[
        "要出典範囲",
        "要検証範囲",
        "要説明範囲",
        "要校閲範囲",
        "要追加記述範囲",
        "いつ範囲",
    ],  # doubted passages
    *["Quotation", "Quote", "引用文", "訂正"],
    *["JIS2004", "JIS90", "JIS2004フォント", "JIS90フォント", "拡張漢字", "補助漢字", "補助漢字フォント"],
    *["CP932", "CP932フォント", "CJK統合漢字拡張", "旧字", "旧字体", "Unicode", "IPA"],
    *["Nowrap", "Small", "Smaller", "Big", "Large", "Larger", "小", "大", "縦書き", "半角", "等幅", "Mono"],
    *["Bf", "U", "下線", "Underline", "Strong", "Em", "Sup", "Sub", "圏点", "傍点", "Code", "Math", "Mvar"],
    *["Ruby", "Ruby-ja", "ふりがな", "ルビ"],
    *["Vanchor", "Visible anchor", "Abbr", "Tooltip", "Keypress", "Indent", "Center", "Centered"],
]
_SECOND = [
    "Lang",
    "Transl",
    "Color",
    "色",
    "Font color",
    "Fontcolor",
    "Fontsize",
    "Font-size",
    "Audio",
    "音声",
]
_WITH_READING = ("読み仮名", "読み仮名 ruby不使用", "Yomigana", "よみがな", "Nihongo")
_SIGNS = {
    "!": "|",
    "=": "=",
    "(": "{",
    ")": "}",
    "·": "・",
    "•": "・",
    "ndash": "–",
    "mdash": "—",
    "nbsp": " ",
}


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


_SHOWN = {**{_key(name): 0 for name in _FIRST}, **{_key(name): 1 for name in _SECOND}}
_READINGS = frozenset(map(_key, _WITH_READING))
_OF_A_LANGUAGE = re.compile("lang-[a-z]{2,3}(-[a-z]+)?")
_NAMED = re.compile(r"\s*([^\s=<>\[\]{}]{1,30})\s*=")


def shown(parts: Sequence[str]) -> str:
    """What a template shows: its name and arguments, already plain, are `parts`.

    >>> shown(["lang", "en", "rice"]), shown(["読み仮名", "精米", "せいまい"]), shown(["Cite web", "url=x"])
    ('rice', '精米（せいまい）', '')
    """
    name = _key(parts[0])
    if name in _SIGNS:
        return _SIGNS[name]
    language = _OF_A_LANGUAGE.fullmatch(name)
    if name not in _SHOWN and name not in _READINGS and not language:
        return ""
    named, positional = _arguments(parts[1:])
    if label := named.get("label"):
        return label
    if name in _READINGS:
        reading = positional[1] if len(positional) > 1 else ""
        return f"{positional[0]}（{reading}）" if positional and reading else "".join(positional[:1])
    at = 0 if language else _SHOWN[name]
    return positional[at] if len(positional) > at else ""


def _arguments(parts: Sequence[str]) -> tuple[Mapping[str, str], list[str]]:
    """Named and positional arguments; `1=` is positional."""
    named: dict[str, str] = {}
    positional: dict[int, str] = {}
    count = 0
    for part in parts:
        if key := _NAMED.match(part):
            value = part[key.end() :].strip()
            if key[1].isdecimal() and len(key[1]) < 3:
                positional[int(key[1])] = value
            else:
                named[key[1].casefold()] = value
        else:
            count += 1
            positional[count] = part.strip()
    return named, [positional.get(i, "") for i in range(1, max(positional, default=0) + 1)]
