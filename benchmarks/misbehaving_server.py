"""A chat server that misbehaves at given rates, and counts what it was asked and what it answered.

Run as:

    python benchmarks/misbehaving_server.py PORT

One process, asyncio, no framework: it answers some thousand requests a second, so that a client is measured
and not the server. What becomes of a request hangs on its seed and on how often it was asked, by a hash:
every run misbehaves alike. Sick prompts (one in 500) always get 400 or 500.
"""

import asyncio
import json
import sys
from collections import Counter
from contextlib import suppress
from typing import Any

import xxhash

FAULTS = {
    "429 with Retry-After": 0.01,
    "429 without": 0.03,
    "500": 0.03,
    "502, a page of HTML": 0.01,
    "no answer": 0.004,
    "truncated JSON": 0.02,
    "slow drip": 0.004,
    "reset in the body": 0.02,
    "closed without a word": 0.02,
    "no choices": 0.01,
    "200, a page of HTML": 0.01,
    "wrong content type": 0.02,
}
"""The share of requests that each befalls; the last is an answer all the same."""
LATENCY = 0.02
HTML = b"<html><head><title>Bad Gateway</title></head><body>" + b"<p>nginx</p>" * 500
Writer = asyncio.StreamWriter


class Stub:
    """The server and its counts."""

    def __init__(self) -> None:
        self.asked: Counter[int] = Counter()
        self.answered: Counter[int] = Counter()
        self.faults: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """One connection, request after request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = next((int(x[15:]) for x in head.split("\r\n") if x.startswith("content-length:")), 0)
                body = json.loads(await reader.readexactly(length)) if length else {}
                if head.startswith("post"):
                    if not await self.answer(body, writer):
                        break
                else:
                    page(
                        writer, 200, json.dumps(self.counts() if "/counts" in head else {"data": []}).encode()
                    )
                await writer.drain()
        writer.close()

    async def answer(self, body: dict[str, Any], writer: Writer) -> bool:
        """Answer, or misbehave; returns whether the connection lives on."""
        seed, text = body["seed"], body["messages"][-1]["content"]
        self.asked[seed] += 1
        fault = self.fault(seed, text)
        self.faults[fault or "none"] += 1
        await asyncio.sleep(LATENCY)
        whole = completion(f"{text} {seed}")
        match fault:
            case "sick 400":
                page(writer, 400, b'{"error": {"message": "the prompt is too long"}}')
            case "429 with Retry-After":
                page(writer, 429, b"slow down", b"Retry-After: 0.05\r\n")
            case "429 without":
                page(writer, 429, b"slow down")
            case "500" | "sick 500":
                page(writer, 500, b'{"error": {"message": "CUDA error"}}')
            case "502, a page of HTML":
                page(writer, 502, HTML)
            case "200, a page of HTML":
                page(writer, 200, HTML)
            case "no choices":
                page(writer, 200, b'{"choices": []}')
            case "truncated JSON":
                page(writer, 200, whole[: len(whole) // 2])
            case "no answer":
                await asyncio.sleep(3600)
            case "slow drip":
                writer.write(head(200, len(whole)))
                for byte in whole:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.5)
            case "reset in the body":
                writer.write(head(200, len(whole)) + whole[: len(whole) // 2])
                await writer.drain()
                writer.transport.abort()
                return False
            case "closed without a word":
                return False
            case _:
                self.answered[seed] += 1
                page(writer, 200, whole, b"Content-Type: text/html\r\n" if fault else b"")
        return True

    def fault(self, seed: int, text: str) -> str | None:
        """What befalls this request."""
        sick = xxhash.xxh3_64_intdigest(text.encode()) % 1000
        if sick < 2:
            return ("sick 400", "sick 500")[sick]
        chance = xxhash.xxh3_64_intdigest(f"{seed} {self.asked[seed]}".encode()) / 2**64
        for name, share in FAULTS.items():
            chance -= share
            if chance < 0:
                return name
        return None

    def counts(self) -> dict[str, Any]:
        """What happened so far."""
        return {
            "requests": self.asked.total(),
            "candidates": len(self.asked),
            "answers": self.answered.total(),
            "answered": len(self.answered),
            "twice": sum(n > 1 for n in self.answered.values()),
            "faults": dict(self.faults.most_common()),
        }


def head(status: int, length: int, more: bytes = b"") -> bytes:
    """The head of a page."""
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n%b\r\n" % (status, length, more)


def page(writer: Writer, status: int, content: bytes, more: bytes = b"") -> None:
    """Send a page."""
    writer.write(head(status, len(content), more) + content)


def completion(text: str) -> bytes:
    """A chat completion."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 20, "completion_tokens": 30}
    return json.dumps({"choices": [choice], "usage": usage}, ensure_ascii=False).encode()


async def main(port: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(Stub().serve, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
