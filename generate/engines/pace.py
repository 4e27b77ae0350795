"""How hard a server may be asked: starts are spaced evenly, and all wait where the server says so.

A budget for a minute is spent evenly over it: sixty requests are one a second, never sixty at once. What a
request costs in tokens is known only when its answer is there; until then as much is set aside as an answer
took on average so far, and the difference is settled afterwards.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LOOK = 0.25
"""Seconds after which a start that waits looks again: answers give back what was set aside for too much."""
EPOCH = 1e9
"""Numbers above are points in time (seconds since 1970), below them durations."""
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|d|h|m|s)")
UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Pace:
    """Spaces the starts of requests by `requests` and `tokens` a minute; None: without limit."""

    def __init__(self, requests: float | None = None, tokens: float | None = None) -> None:
        self._every = 60 / requests if requests else 0.0
        self._each = 60 / tokens if tokens else 0.0
        self._next_request = self._next_token = self._held = 0.0
        self._answers = self._used = 0
        self._queue = asyncio.Lock()

    async def turn(self, guess: int) -> float:
        """Wait for one's turn; returns the tokens set aside for it: the average so far, at first `guess`."""
        async with self._queue:
            while (rest := max(self._next_request, self._next_token, self._held) - time.monotonic()) > 0:
                await asyncio.sleep(min(rest, LOOK))
            aside = self.expected(guess)
            now = time.monotonic()
            self._next_request = max(self._next_request, now) + self._every
            self._next_token = max(self._next_token, now) + aside * self._each
            return aside

    def expected(self, guess: int) -> float:
        """The tokens that an answer takes with its prompt, on average so far."""
        return self._used / self._answers if self._answers else float(guess)

    def settle(self, aside: float, used: int) -> None:
        """Count the tokens that a request took; 0: it failed and took none."""
        self._next_token += (used - aside) * self._each
        if used:
            self._answers += 1
            self._used += used

    def hold(self, seconds: float) -> None:
        """Start nothing for a while."""
        self._held = max(self._held, time.monotonic() + seconds)

    def heed(self, headers: Mapping[str, str], longest: float) -> None:
        """Wait, at most `longest` seconds, where the server says that a budget of its own is used up.

        The headers are those of OpenAI's API (`x-ratelimit-remaining-tokens`, `x-ratelimit-reset-tokens`),
        which gateways have taken over.
        """
        for what, least in (("requests", 1.0), ("tokens", self.expected(1))):
            left = headers.get(f"x-ratelimit-remaining-{what}", "")
            reset = seconds_of(headers.get(f"x-ratelimit-reset-{what}", ""))
            if reset and re.fullmatch(r"\d+(\.\d+)?", left) and float(left) < least:
                self.hold(min(reset, longest))


def asked_pause(headers: Mapping[str, str]) -> float:
    """The seconds that `Retry-After` asks to wait: a number or an HTTP date; 0 where it asks nothing.

    >>> asked_pause({"retry-after": "2.5"})
    2.5
    >>> date = "Tue, 24 Nov 2026 10:00:00 GMT"
    >>> asked_pause({"retry-after": "Tue, 24 Nov 2026 10:00:30 GMT", "date": date})
    30.0
    """
    if (exact := headers.get("retry-after-ms", "")).isdecimal():
        return int(exact) / 1000
    asked = headers.get("retry-after", "")
    with suppress(ValueError):
        until = parsedate_to_datetime(asked)
        now = datetime.now(UTC)
        with suppress(ValueError):
            now = parsedate_to_datetime(headers.get("date", ""))  # the server's clock, not ours
        return max(0.0, (until - now).total_seconds()) if until.tzinfo and now.tzinfo else 0.0
    return seconds_of(asked)


def seconds_of(written: str) -> float:
    """A duration as servers write it; 0 where it is none, or a point in time that is over.

    >>> [seconds_of(d) for d in ("6m0s", "1.5s", "20ms", "12", "soon", "-1")]
    [360.0, 1.5, 0.02, 12.0, 0.0, 0.0]
    """
    written = written.strip()
    if re.fullmatch(r"\d+(\.\d+)?", written):
        number = float(written)
        return max(0.0, number - time.time()) if number > EPOCH else number
    if not re.fullmatch(f"({DURATION.pattern})+", written):
        return 0.0
    return sum(float(number) * UNITS[unit] for number, unit in DURATION.findall(written))
