"""A small real HTTP server that speaks the part of OpenAI's protocol that matters here."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, dict[str, Any] | str] | None
"""Status and body; None: the connection is closed without a word."""


class ChatServer(ThreadingHTTPServer):
    """Answers with what `script` makes of each request; keeps what it was asked."""

    daemon_threads = True

    def __init__(self, script: Callable[[dict[str, Any], int], Reply]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = script
        self.asked: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        self.lock = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def times(self, body: dict[str, Any]) -> int:
        return sum(a["seed"] == body["seed"] and a["messages"] == body["messages"] for a in self.asked)


class Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send((200, {"data": []}) if self.path == "/v1/models" else (404, "no such page"))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.asked.append(body)
            self.server.tokens.append(self.headers["authorization"])
            number = self.server.times(body)
        self._send(self.server.script(body, number))

    def _send(self, reply: Reply) -> None:
        if reply is None:
            self.close_connection = True
            return
        status, content = reply
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if status == 429:
            self.send_header("Retry-After", "0.01")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(script: Callable[[dict[str, Any], int], Reply]) -> Iterator[ChatServer]:
    server = ChatServer(script)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def completion(text: str, tokens: int = 3, finish: str = "stop") -> Reply:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    return 200, {"choices": [choice], "usage": {"completion_tokens": tokens}}


def echo(body: dict[str, Any], number: int) -> Reply:
    return completion(f"{body['messages'][-1]['content']} {body['seed']}")


def slow_once(seconds: float) -> Callable[[dict[str, Any], int], Reply]:
    def script(body: dict[str, Any], number: int) -> Reply:
        if number == 1:
            time.sleep(seconds)
        return echo(body, number)

    return script
