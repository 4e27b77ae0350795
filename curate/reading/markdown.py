"""Front matter of Markdown: settings of a site generator, not text."""

import re

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S | re.M)
_TITLE = re.compile(r"^title:(.+)$", re.M)
_HEADING = re.compile(r"^#[ \t](.+)$", re.M)


def without_front_matter(text: str) -> tuple[str, str | None]:
    r"""The text after the front matter, and its title or else the first heading.

    >>> without_front_matter("---\ntitle: '精米の話'\n---\n米を磨く。")
    ('米を磨く。', '精米の話')
    >>> without_front_matter("# 精米の話\n\n---\n米を磨く。")
    ('# 精米の話\n\n---\n米を磨く。', '精米の話')
    """
    front = _FRONT.match(text)
    # A rule between two paragraphs looks the same; settings have keys.
    if front and re.search(r"^[\w-]+:", front[1], re.M):
        title = _TITLE.search(front[1])
        text = text[front.end() :].lstrip("\r\n")
        if title:
            return text, title[1].strip(" \t\r\"'")
    heading = _HEADING.search(text)
    return text, heading[1].strip(" \t\r#") if heading else None
