"""`meta`: the JSON of what a row has beside its columns; steps add keys and leave the others alone."""

import json
from typing import Any, cast


def parsed(meta: str | None) -> dict[str, Any]:
    """The keys of a row's `meta`; what is no JSON object stands under `meta`.

    >>> parsed('{"category": "要約"}'), parsed("要約"), parsed(None)
    ({'category': '要約'}, {'meta': '要約'}, {})
    """
    if not meta:
        return {}
    try:
        found: Any = json.loads(meta)
    except ValueError:
        found = meta
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {"meta": found}


def with_keys(meta: str | None, **values: Any) -> str:
    """`meta` with further keys.

    >>> with_keys('{"category": "要約"}', model="m")
    '{"category": "要約", "model": "m"}'
    """
    return json.dumps({**parsed(meta), **values}, ensure_ascii=False)
