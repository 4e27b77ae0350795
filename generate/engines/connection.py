"""How a server is reached: the token and its header, certificates, proxies, open files."""

import ipaddress
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from seimai.errors import SeimaiError

if TYPE_CHECKING:
    import httpx

TOKEN = "SEIMAI_SERVER_TOKEN"
HEADER = "Authorization"
IDLE = 2.0
"""Seconds that an idle connection is kept: less than the five after which uvicorn (vLLM) closes it."""


def token(name: str) -> str:
    """The token that an environment variable holds; none without one, unless another than usual is named."""
    held = os.environ.get(name, "").strip()
    if not held and name != TOKEN:
        raise SeimaiError(f"token_env: ${name} is not set")
    if not (held.isascii() and held.isprintable()):
        raise SeimaiError(f"token_env: ${name} holds characters that a header cannot carry")
    return held


def header(name: str, token: str) -> dict[str, str]:
    """The header that carries a token: after `Bearer` in `Authorization`, as it is in any other."""
    if not token:
        return {}
    return {name: f"Bearer {token}" if name.lower() == HEADER.lower() else token}


def opener(url: str, headers: Mapping[str, str], connect: float) -> "Callable[[], httpx.AsyncClient]":
    """What opens connections to a server, each a client of its own.

    A client looks through all of its connections at every request (httpcore 1.0): with 64 of them that was
    two thirds of the time, and with a thousand there would be time for nothing else. Whoever asks sets the
    time that an answer may take.

    The environment's proxies and certificates (`SSL_CERT_FILE`) hold. Redirects are not followed: a request
    that is sent on would carry the token to another server.

    Raises:
        SeimaiError: if certificates or proxies that the environment names cannot be used.
    """
    import httpx

    try:
        certificates = httpx.create_ssl_context()

        def opened() -> httpx.AsyncClient:
            return httpx.AsyncClient(
                base_url=url.rstrip("/") + "/",
                headers=dict(headers),
                verify=certificates,
                timeout=httpx.Timeout(None, connect=connect),
                limits=httpx.Limits(max_connections=1, keepalive_expiry=IDLE),
                mounts=_direct(url),
            )

        opened()  # reads the environment
        return opened
    except (OSError, ValueError, ImportError) as e:
        raise SeimaiError(f"the server at {url} cannot be reached: {type(e).__name__}: {e}") from e


def _direct(url: str) -> "dict[str, httpx.AsyncBaseTransport | None]":
    """No proxy of the environment stands between this machine and itself."""
    import httpx

    host = httpx.URL(url).host
    is_here = host == "localhost"
    with suppress(ValueError):
        is_here = is_here or ipaddress.ip_address(host).is_loopback
    return {f"all://{f'[{host}]' if ':' in host else host}": None} if is_here else {}


def allow_open_files(wanted: int) -> None:
    """Raise the limit of open files, often 1024, so that each connection has one."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
