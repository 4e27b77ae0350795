# pyright: basic, reportMissingImports=false
"""Argilla's server with our search engine, on the loopback address only.

Run inside the private venv, by path, so that the modules beside this one are found.
"""

import os
from typing import Any

import sql_engine  # noqa: F401  (registers the engine that ARGILLA_SEARCH_ENGINE names)
import uvicorn
from argilla_server._app import app as argilla

# Argilla's custom fields run scripts and templates, so these stay allowed; but nothing may be fetched
# from or sent to another host, neither a font (the UI names Google's) nor what a script would leak.
_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data:",
        "frame-ancestors 'self'",
        "form-action 'self'",
        "base-uri 'self'",
    ]
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
]


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Argilla, with headers that keep the browser on this server."""

    async def send_guarded(message: Any) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *_HEADERS]
        await send(message)

    await argilla(scope, receive, send_guarded)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["SEIMAI_LABEL_PORT"]), access_log=False)
