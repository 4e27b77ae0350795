"""What every step that asks a model can be told: which model, on what engine, how it is reached."""

import re
from abc import ABC
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from generate.engine import Engine, Responder
from seimai.errors import SeimaiError
from seimai.job import Job
from seimai.step import Aside, Ref, Rewrite

PLACING = frozenset(
    {
        "cpu_offload_gb",
        "disable_custom_all_reduce",
        "disable_log_stats",
        "distributed_executor_backend",
        "enable_prefix_caching",
        "enforce_eager",
        "gpu_memory_utilization",
        "kv_cache_memory_bytes",
        "max_num_batched_tokens",
        "max_num_seqs",
        "pipeline_parallel_size",
        "tensor_parallel_size",
    }
)
"""Arguments of vLLM that say where and how hard it works. Like the batches that they make, they may turn the
last bit of a logit, and no more; all others (`dtype`, `quantization`, `max_model_len`) shape the answers."""


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
        None, description="interpreter that has vLLM, where not the one of `seimai generate setup-vllm`"
    )
    args: dict[str, Any] = Field(
        {}, description="vLLM's own arguments, such as {tensor_parallel_size: 2, quantization: awq}"
    )
    replicas: Annotated[int | None, Aside()] = Field(
        None, ge=1, description="with ray: copies of vLLM; as many as the cluster's GPUs hold by default"
    )
    address: Annotated[str | None, Aside()] = Field(
        None, description="with ray: ray://HOST:PORT; the current cluster or this machine by default"
    )
    concurrency: Annotated[int, Aside()] = Field(
        16, ge=1, le=1024, description="requests to a server at a time"
    )
    timeout: Annotated[float, Aside()] = Field(
        600, gt=0, description="seconds that a server may take for one answer"
    )
    token_header: Annotated[str, Aside()] = Field(
        "Authorization", pattern="^[A-Za-z0-9-]+$", description="header that carries the server's token"
    )
    token_env: Annotated[str, Aside()] = Field(
        "SEIMAI_SERVER_TOKEN", description="environment variable that holds the server's token"
    )
    requests_per_minute: Annotated[float | None, Aside()] = Field(
        None, gt=0, description="most requests to a server in a minute, evenly spaced"
    )
    tokens_per_minute: Annotated[float | None, Aside()] = Field(
        None, gt=0, description="most tokens of a server in a minute, in and out, evenly spaced"
    )

    # These two raise another error than pydantic's, whose messages repeat the value: it may be a secret.
    @field_validator("url")
    @classmethod
    def _holds_no_secret(cls, url: str | None) -> str | None:
        try:
            parts = urlsplit(url or "http://localhost")
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            is_address = False
            parts = urlsplit("")
        if not is_address:
            raise SeimaiError("url: expected an address such as http://gpu:8000/v1")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise SeimaiError(
                "url: an address only, without a name, password or query; "
                "a token belongs into the environment variable that token_env names"
            )
        return url

    @field_validator("token_env")
    @classmethod
    def _names_a_variable(cls, name: str) -> str:
        if not re.fullmatch("[A-Z_][A-Z0-9_]*", name):
            raise SeimaiError("token_env: the name of an environment variable, in capitals; never the token")
        return name

    @model_validator(mode="after")
    def _reaches(self) -> Self:
        if (self.engine == "server") != (self.url is not None):
            raise ValueError("url and engine: server go together")
        if self.python is not None and self.engine not in ("vllm", "ray"):
            raise ValueError("python names vLLM's interpreter: it goes with engine: vllm or ray")
        if self.args and self.engine not in ("vllm", "ray"):
            raise ValueError("args are vLLM's own arguments: they go with engine: vllm or ray")
        if self.engine != "ray" and not (self.replicas is None and self.address is None):
            raise ValueError("replicas and address go with engine: ray")
        return self

    def plain(self) -> frozenset[str]:
        """A model on a server has a name of the server's."""
        return frozenset({"model"}) if self.engine == "server" else frozenset()

    def place(self, job: Job) -> str:
        """Where the model is, as its engine understands it."""
        return self.model if self.engine == "server" else job.locate(self.model)

    def open(self, job: Job) -> Responder:
        """The engine, not yet up."""
        place = self.place(job)
        if self.engine == "server":
            from generate.engines.server import Server

            return Server(
                self.url or "",
                place,
                self.concurrency,
                self.timeout,
                self.token_header,
                self.token_env,
                self.requests_per_minute,
                self.tokens_per_minute,
            )
        from generate.engines.model_files import find_model

        if self.engine == "vllm":
            from generate.engines.vllm_home import vllm_python
            from generate.engines.vllm_process import VllmProcess

            return VllmProcess(vllm_python(self.python), find_model(place), job.work / "vllm.log", self.args)
        if self.engine == "ray":
            from generate.engines.on_ray import OnRay

            return OnRay(
                find_model(place),
                job.work,
                self.args,
                python=self.python,
                replicas=self.replicas,
                address=self.address,
            )
        from generate.engines.in_process import InProcess

        return InProcess(find_model(place))

    def engine_shape(self) -> dict[str, Any]:
        """What of the engine's settings shapes its answers: it is a part of a request's key."""
        shaping = self._shaping_args()
        return {"engine": self.engine} | ({"args": shaping} if shaping else {})

    def shape(self) -> dict[str, Any]:
        """The parameters that shape the result: of `args`, those that do more than place the work."""
        return super().shape() | {"args": self._shaping_args()}

    def _shaping_args(self) -> dict[str, Any]:
        return {name: value for name, value in sorted(self.args.items()) if name not in PLACING}


def model_name(model: str) -> str:
    """A model as the recipe writes it; of an absolute path the last part: no machine's folders in rows."""
    return Path(model).name if Path(model).is_absolute() else model
