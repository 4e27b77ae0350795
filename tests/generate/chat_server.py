"""A small real HTTP server that speaks the part of OpenAI's protocol that matters here, and misbehaves."""

import json
import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Page:
    """What is sent, byte by byte as it stands here."""

    status: int
    content: str
    headers: dict[str, str] = field(default_factory=dict)
    sent: int | None = None
    """Bytes of the content that go out before the connection is cut; None: all."""
    drip: float = 0.0
    """Seconds before each byte of the content."""
    head_drip: float = 0.0
    """Seconds after each header."""


Reply = Page | tuple[int, dict[str, Any] | str] | None
"""A page; status and body; None: the connection is closed without a word."""
Script = Callable[[dict[str, Any], int], Reply]


class ChatServer(ThreadingHTTPServer):
    """Answers with what `script` makes of each request; keeps what it was asked."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.times_asked: dict[tuple[int, str], int] = {}
        self.models: Reply = (200, {"data": []})
        self.lock = threading.Lock()
        self.running = self.most_running = 0
        self.scheme = "http"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}/v1"

    def note(self, body: dict[str, Any], headers: dict[str, str]) -> int:
        """Keep a request; returns how often it was asked."""
        key = (body["seed"], json.dumps(body["messages"]))
        with self.lock:
            self.asked.append(body)
            self.headers.append(headers)
            self.times_asked[key] = self.times_asked.get(key, 0) + 1
            return self.times_asked[key]


class Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(self.server.models if self.path == "/v1/models" else (404, "no such page"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        number = self.server.note(body, {k.lower(): v for k, v in self.headers.items()})
        with self.server.lock:
            self.server.running += 1
            self.server.most_running = max(self.server.most_running, self.server.running)
        try:
            reply = self.server.script(body, number)
        finally:
            with self.server.lock:
                self.server.running -= 1
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply is None:
            self.close_connection = True
            return
        page = reply if isinstance(reply, Page) else _page(*reply)
        data = page.content.encode("utf-8", "surrogatepass")
        self.send_response_only(page.status)
        for name, value in ({"Content-Length": str(len(data))} | page.headers).items():
            self.send_header(name, value)
            if page.head_drip:
                self.flush_headers()
                time.sleep(page.head_drip)
        self.end_headers()
        for byte in data if page.drip else ():
            time.sleep(page.drip)
            self.wfile.write(bytes([byte]))
        if not page.drip:
            self.wfile.write(data[: page.sent])
        if page.sent is not None:
            self._reset()

    def _reset(self) -> None:
        """Cut the connection as a process that dies does: what is not read yet is lost."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _page(status: int, content: dict[str, Any] | str) -> Page:
    text = content if isinstance(content, str) else json.dumps(content)
    return Page(status, text, {"Retry-After": "0.01"} if status == 429 else {})


@contextmanager
def serving(script: Script, certificate: tuple[str, str] | None = None) -> Iterator[ChatServer]:
    """A server that is up; with a certificate and its key it speaks TLS."""
    server = ChatServer(script)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def completion(
    text: Any, tokens: int = 3, finish: str = "stop", logprobs: list[Any] | None = None, prompt: int = 5
) -> tuple[int, dict[str, Any]]:
    choice: dict[str, Any] = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    if logprobs is not None:
        choice["logprobs"] = {"content": [{"token": "x", "logprob": p} for p in logprobs]}
    return 200, {"choices": [choice], "usage": {"completion_tokens": tokens, "prompt_tokens": prompt}}


def echo(body: dict[str, Any], number: int) -> tuple[int, dict[str, Any]]:
    return completion(f"{body['messages'][-1]['content']} {body['seed']}")


def first_then_echo(*replies: Reply) -> Script:
    """The given replies to the first requests for a candidate, then an answer."""

    def script(body: dict[str, Any], number: int) -> Reply:
        return replies[number - 1] if number <= len(replies) else echo(body, number)

    return script


def slow_once(seconds: float) -> Script:
    def script(body: dict[str, Any], number: int) -> Reply:
        if number == 1:
            time.sleep(seconds)
        return echo(body, number)

    return script
