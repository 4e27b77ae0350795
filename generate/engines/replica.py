"""One replica of the `ray` engine: vLLM on a node of the cluster, behind the methods that Ray calls."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from generate.engine import Answer, Request
from generate.engines.model_files import ModelFiles
from generate.engines.vllm_home import vllm_python
from generate.engines.vllm_process import VllmProcess

PATIENCE = 0.5
"""Seconds that `take` waits for an answer of vLLM before it looks for prompts that the template refused."""


class Replica:
    """Holds a vLLM worker and one stream of requests to it that never ends, so that it never runs dry."""

    def __init__(self, python: str | None, files: ModelFiles, log: Path, args: Mapping[str, Any]) -> None:
        self._engine = VllmProcess(vllm_python(python), files, log, args)
        self._todo: SimpleQueue[Request] = SimpleQueue()
        self._done: SimpleQueue[Answer | BaseException] = SimpleQueue()

    def pid(self) -> int:
        """This replica's process on its node."""
        return os.getpid()

    def start(self) -> None:
        """Load the model.

        Raises:
            SeimaiError: if vLLM is not there or cannot load the model.
        """
        self._engine.__enter__()
        threading.Thread(target=self._chat, daemon=True).start()

    def add(self, requests: list[Request]) -> None:
        """Ask for more."""
        for request in requests:
            self._todo.put(request)

    def take(self) -> list[Answer]:
        """Wait for answers, and return all that are there.

        Raises:
            SeimaiError: if vLLM failed.
        """
        while True:
            answers = list(self._answers())
            if answers:
                return answers

    def close(self) -> None:
        """End vLLM at once: its memory is free when this returns."""
        self._engine.__exit__(SystemExit)

    def _answers(self) -> Iterator[Answer]:
        with suppress(Empty):
            yield self._good(self._done.get(timeout=PATIENCE))
            while True:
                yield self._good(self._done.get_nowait())
        yield from self._engine.refusals()

    def _good(self, item: Answer | BaseException) -> Answer:
        if isinstance(item, BaseException):
            raise item
        return item

    def _chat(self) -> None:
        try:
            for answer in self._engine.chat(iter(self._todo.get, None)):
                self._done.put(answer)
        except BaseException as e:
            self._done.put(e)
