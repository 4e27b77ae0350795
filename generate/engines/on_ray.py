"""The `ray` engine: replicas of vLLM on the nodes of a Ray cluster, for many GPUs.

Each replica is an actor that holds a vLLM worker (`generate.engines.vllm_process`) with the GPUs that Ray
gave it. Requests go to the replica that has the fewest before it; answers come back as they get ready. A
replica that dies is started anew, and what it has not answered is asked elsewhere, so each candidate is told
exactly once. Why not Ray Data: docs/adr/0009-ray-engine.md.
"""

import dataclasses
import importlib
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generate.engine import Answer, Request
from generate.engines.model_files import ModelFiles
from generate.engines.replica import Replica
from seimai.errors import SeimaiError

DEATHS = 3
"""So many replicas that die with no answer between them are not the fault of one machine: the run stops."""
BATCH = 256
"""Sequences that vLLM runs together, unless `max_num_seqs` says otherwise; a replica gets twice as many."""
PARALLEL = ("tensor_parallel_size", "pipeline_parallel_size")
PASSED_ON = ("VLLM_", "HF_HUB_", "HF_HOME", "SEIMAI_VLLM_")
"""Variables that replicas on other nodes get too; no tokens: Ray shows the variables of its actors."""


@dataclass
class Slot:
    """The place of one replica: the actor that fills it now, and what it was asked."""

    number: int
    actor: Any
    waiting: Any
    """What Ray will give next: that the replica is up, later its answers."""
    is_up: bool = False
    asked: dict[str, Request] = field(default_factory=dict[str, Request])

    @property
    def load(self) -> int:
        """Candidates that it was asked for and has not told."""
        return sum(len(r.seeds) for r in self.asked.values())

    def took(self, answer: Answer) -> bool:
        """Book an answer; False: it was asked of nobody, or told before."""
        request = self.asked.get(answer.key)
        seeds = {c.seed for c in answer.candidates}
        if request is None or not seeds <= set(request.seeds):
            return False
        rest = tuple(s for s in request.seeds if s not in seeds)
        if rest:
            self.asked[answer.key] = dataclasses.replace(request, seeds=rest)
        else:
            del self.asked[answer.key]
        return True


class OnRay:
    """Replicas of one model on a cluster."""

    def __init__(
        self,
        files: ModelFiles,
        logs: Path,
        args: Mapping[str, Any],
        *,
        python: str | None = None,
        replicas: int | None = None,
        address: str | None = None,
    ) -> None:
        self._files = files
        self._logs = logs
        self._args = args
        self._python = python
        self._wanted = replicas
        self._address = address
        self._ahead = 2 * int(args.get("max_num_seqs", BATCH))
        self._ray: Any = None
        self._joined = False
        self._slots: list[Slot] = []
        self._again: deque[Request] = deque()
        self._deaths = 0

    def __enter__(self) -> "OnRay":
        try:
            self._ray = importlib.import_module("ray")
        except ModuleNotFoundError:
            raise SeimaiError("engine: ray needs the package 'ray': pip install 'seimai[ray]'") from None
        try:
            self._join()
            room = self._room()
            self._slots = [self._start(number, room) for number in range(room.replicas)]
            for slot in self._slots:
                self._ray.get(slot.waiting)
                self._rise(slot)
        except BaseException as e:
            self.__exit__()
            if isinstance(e, self._ray.exceptions.RayError):
                raise SeimaiError(f"a replica cannot start: {_said(e)}") from e
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        slots, self._slots = self._slots, []
        for ending in [slot.actor.close.remote() for slot in slots]:
            with suppress(Exception):  # it is dead already, or dies by the next lines
                self._ray.get(ending, timeout=20)
        for slot in slots:
            self._ray.kill(slot.actor)
        if self._joined:
            self._joined = False
            self._ray.shutdown()

    def chat(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Keep every replica supplied, and hand answers on as they come from any of them."""
        todo = iter(requests)
        while True:
            nothing_left = self._hand_out(todo)
            if nothing_left and not any(slot.asked for slot in self._slots):
                return
            ready, _ = self._ray.wait([slot.waiting for slot in self._slots], num_returns=1)
            for slot in [s for s in self._slots if s.waiting in ready]:
                for answer in self._hear(slot):
                    if slot.took(answer):
                        self._deaths = 0
                        yield answer

    def _hand_out(self, todo: Iterator[Request]) -> bool:
        """Give requests to replicas that are up, the least busy first, until all have enough ahead.

        Returns whether there are no more.
        """
        up = [slot for slot in self._slots if slot.is_up]
        loads = {slot.number: slot.load for slot in up}
        given: dict[int, list[Request]] = {slot.number: [] for slot in up}
        nothing_left = False
        while up and not nothing_left:
            slot = min(up, key=lambda s: loads[s.number])
            if loads[slot.number] >= self._ahead:
                break
            request = self._again.popleft() if self._again else next(todo, None)
            if request is None:
                nothing_left = True
            else:
                loads[slot.number] += len(request.seeds)
                slot.asked[request.key] = request
                given[slot.number].append(request)
        for slot in up:
            if given[slot.number]:
                slot.actor.add.remote(given[slot.number])
        return nothing_left

    def _hear(self, slot: Slot) -> list[Answer]:
        """What a replica has to say; none when it just came up, or died."""
        try:
            said = self._ray.get(slot.waiting)
        except self._ray.exceptions.RayError as e:
            self._replace(slot, e)
            return []
        came_up = not slot.is_up
        self._rise(slot)
        return [] if came_up else said

    def _rise(self, slot: Slot) -> None:
        slot.is_up = True
        slot.waiting = slot.actor.take.remote()

    def _replace(self, slot: Slot, error: Exception) -> None:
        """Start another replica in a dead one's place; what it has not answered comes first.

        Raises:
            SeimaiError: at the third death with no answer in between.
        """
        self._deaths += 1
        if self._deaths >= DEATHS:
            raise SeimaiError(f"{DEATHS} replicas died with no answer between them: {_said(error)}")
        self._again.extendleft(reversed(slot.asked.values()))
        with suppress(Exception):  # mostly it is gone; one that outlives its worker ends vLLM's children
            self._ray.get(slot.actor.close.remote(), timeout=20)
        with suppress(Exception):
            self._ray.kill(slot.actor)
        self._slots[slot.number] = self._start(slot.number, self._room())

    def _start(self, number: int, room: "Room") -> Slot:
        variables = {k: v for k, v in os.environ.items() if k.startswith(PASSED_ON) and "TOKEN" not in k}
        remote: Any = self._ray.remote(Replica)
        actor = remote.options(
            num_gpus=room.gpus,
            num_cpus=room.cpus,
            max_concurrency=4,  # adding, taking and closing do not wait for each other
            runtime_env={"env_vars": variables},
        ).remote(self._python, self._files, self._logs / f"vllm-{number}.log", dict(self._args))
        return Slot(number, actor, actor.start.remote())

    def _join(self) -> None:
        """Join the cluster, unless `seimai run --on ray` has."""
        if self._ray.is_initialized():
            return
        try:
            self._ray.init(address=self._address, log_to_driver=False, include_dashboard=False)
        except (ConnectionError, ValueError, RuntimeError) as e:
            raise SeimaiError(f"address: no Ray cluster at {self._address}: {e}") from e
        self._joined = True

    def _room(self) -> "Room":
        nodes = [n["Resources"] for n in self._ray.nodes() if n["Alive"]]
        each = 1
        for name in PARALLEL:
            each *= int(self._args.get(name, 1))
        return room(nodes, self._wanted, each)


@dataclass(frozen=True)
class Room:
    """How many replicas there are, and what each gets of its node."""

    replicas: int
    gpus: int
    cpus: int


def room(nodes: Iterable[Mapping[str, float]], wanted: int | None, each: int) -> Room:
    """Place replicas of `each` GPUs, whole ones on each node; without any GPU they share the cores.

    >>> room([{"GPU": 8, "CPU": 64}, {"GPU": 4, "CPU": 32}], None, 2)
    Room(replicas=6, gpus=2, cpus=1)
    >>> room([{"CPU": 8}], 2, 1)
    Room(replicas=2, gpus=0, cpus=4)

    Raises:
        SeimaiError: if the cluster has no room for so many.
    """
    nodes = list(nodes)
    gpus = [int(n.get("GPU", 0)) for n in nodes]
    if not any(gpus):
        replicas = wanted or 1
        cores = sum(int(n.get("CPU", 0)) for n in nodes)
        if cores < replicas:
            raise SeimaiError(f"replicas: {replicas} do not fit on a cluster of {cores} cores and no GPU")
        return Room(replicas, 0, cores // replicas if len(nodes) == 1 else 1)
    fit = sum(n // each for n in gpus)
    if fit < (wanted or 1):
        raise SeimaiError(
            f"replicas: {wanted or 1} of {each} GPUs each do not fit: "
            f"the nodes have {', '.join(map(str, gpus))} GPUs"
        )
    return Room(wanted or fit, each, 1)


def _said(error: BaseException) -> str:
    """What went wrong on the other side, in a line."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, BaseException):
        return str(cause) or type(cause).__name__
    said = str(error).strip()
    named = re.findall(r"\b\w*(?:Error|Exception): .*", said)
    return named[-1] if named else said.split("\n")[0] or type(error).__name__
