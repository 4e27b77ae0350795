"""The normal form of an address: RFC 3986, section 6, and what the web adds to it."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

TRACKING = re.compile(
    r"utm_|_ga$|_gl$|_hs|[dgmt]clid$|gclsrc$|[gw]braid$|msclkid$|fbclid$|yclid$|twclid$|ttclid$|li_fat_id$|"
    r"igshid$|igsh$|mc_[ce]id$|mkt_tok$|srsltid$|yjr$|yjad$|phpsessid$|jsessionid$|aspsessionid|cfid$|cftoken$",
    re.IGNORECASE,
)
"""Parameters that say where a visitor came from, or who they are, and not what they see.

Of analytics (utm_*, _ga, _gl, _hs*, mc_*, mkt_tok), of advertisements (gclid, fbclid, msclkid, yclid and
their like), and sessions of servers.
"""

_DOTS = re.compile("[.。．｡]")
_PORTS = {"http": 80, "https": 443, "ftp": 21}
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ALLOWED = _UNRESERVED | frozenset(b"%!$&'()*+,;=:@/?[]")
_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)


def normal(url: str) -> str | None:
    """The address in its normal form; None where there is none.

    `http` and `https`, and a host with and without `www.`, are the same; user names, default ports and
    fragments (but not `#!`, which names a page) go; the host is in lower case and Punycode; dots in a path
    are resolved, a slash at its end goes; escapes are made only where needed, of UTF-8; tracking parameters
    go, the others are sorted by name.

    >>> normal("HTTPS://www.Example.JP:443/a/../%e7%b1%b3/?b=2&utm_source=x&a=1#top")
    'http://example.jp/%E7%B1%B3?a=1&b=2'
    >>> normal("http://日本語.jp/米") == normal("http://xn--wgv71a119e.jp/%E7%B1%B3/")
    True
    """
    url = url.strip()
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # no port, no IPv6 address: the address is what it is
        return url
    if not host:
        return url
    scheme = parts.scheme.lower()
    port = "" if port is None or port == _PORTS.get(scheme) else f":{port}"
    scheme = "http" if scheme in ("http", "https", "") else scheme
    path = _escaped(_resolved(_SESSION.sub("", parts.path))).rstrip("/")
    query = _query(parts.query)
    fragment = f"#{_escaped(parts.fragment)}" if parts.fragment.startswith("!") else ""
    return f"{scheme}://{_host(host)}{port}{path}{'?' if query else ''}{query}{fragment}"


def _host(host: str) -> str:
    labels = [_label(label) for label in _DOTS.split(host.lower()) if label]
    while len(labels) > 2 and labels[0] == "www":
        del labels[0]
    return ".".join(labels)


def _label(label: str) -> str:
    with suppress(UnicodeError):  # 64 characters and more, or none that may stand in a name
        return label.encode("idna").decode("ascii").lower()
    return label


def _resolved(path: str) -> str:
    """The path without `.` and `..` (RFC 3986, section 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if len(kept) > 1:
                kept.pop()
        elif part != ".":
            kept.append(part)
    return "/".join(kept)


def _escaped(text: str) -> str:
    """Escapes only where they are needed, in capitals."""
    raw = _ESCAPE.sub(_unescaped, text.encode("utf-8", "surrogatepass"))
    return "".join(chr(b) if b in _ALLOWED else f"%{b:02X}" for b in raw)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    value = int(escape[1], 16)
    return bytes([value]) if value in _UNRESERVED else escape[0].upper()


def _query(query: str) -> str:
    pairs = [part.partition("=") for part in query.split("&") if part]
    stays = [(_escaped(n.replace("+", "%20")), e, _escaped(v.replace("+", "%20"))) for n, e, v in pairs]
    stays = [(name, equals, value) for name, equals, value in stays if not TRACKING.match(name)]
    return "&".join("".join(part) for part in sorted(stays, key=lambda part: part[0]))
