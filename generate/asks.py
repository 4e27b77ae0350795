"""What every step that asks a model can be told: which model, on what engine, how it is reached."""

import sys
from abc import ABC
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from generate.engine import Engine, Responder
from seimai.job import Job
from seimai.step import Aside, Ref, Rewrite


class Asks(Rewrite, ABC):
    """A step that asks a model; `generate.asker` does the asking.

    What the model is and how tokens are chosen shapes the result; where it runs and how hard it may be
    asked does not, and enters neither hash nor manifest.
    """

    model: Ref = Field(description="an entry, a model's folder or a hub id; with `server`: its name there")
    engine: Engine = Field("transformers", description="what runs the model")
    url: Annotated[str | None, Aside()] = Field(
        None, description="base URL of an OpenAI-compatible server, such as http://gpu:8000/v1"
    )
    python: Annotated[str | None, Aside()] = Field(
        None, description="interpreter of the virtual environment that has vLLM"
    )
    concurrency: Annotated[int, Aside()] = Field(
        16, ge=1, le=1024, description="requests to a server at a time"
    )
    timeout: Annotated[float, Aside()] = Field(
        600, gt=0, description="seconds that a server may take for one answer"
    )

    @model_validator(mode="after")
    def _reaches(self) -> Self:
        if (self.engine == "server") != (self.url is not None):
            raise ValueError("url and engine: server go together")
        if self.python is not None and self.engine != "vllm":
            raise ValueError("python names vLLM's interpreter: it goes with engine: vllm")
        return self

    def place(self, job: Job) -> str:
        """Where the model is, as its engine understands it."""
        return self.model if self.engine == "server" else job.locate(self.model)

    def open(self, job: Job) -> Responder:
        """The engine, not yet up."""
        place = self.place(job)
        if self.engine == "server":
            from generate.server import Server

            return Server(self.url or "", place, self.concurrency, self.timeout)
        from generate.model_files import find_model

        if self.engine == "vllm":
            from generate.vllm_process import VllmProcess

            return VllmProcess(self.python or sys.executable, find_model(place), job.work / "vllm.log")
        from generate.in_process import InProcess

        return InProcess(find_model(place))

    def engine_shape(self) -> dict[str, Any]:
        """What of the engine's settings shapes its answers: it is a part of a request's key."""
        return {"engine": self.engine}
