"""Child processes that die with their parent, however the parent dies."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of linux/prctl.h
_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None)


def spawn(
    command: Sequence[str], *, environment: Mapping[str, str], cwd: Path, log: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start a child in a session of its own (Ctrl-C reaches the parent alone, which ends it in order).

    Call it from the main thread: the kernel's death signal follows the thread that forked. Only Linux
    has that signal; elsewhere a child outlives a parent that was killed by SIGKILL.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        if _LINUX:
            _libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
            if os.getppid() != parent:  # the parent died before the signal was set
                os._exit(1)

    return subprocess.Popen(
        command,
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,  # nothing but two system calls between fork and exec
    )


def end(child: "subprocess.Popen[bytes]", patience: float) -> None:
    """End a child: politely, and after `patience` seconds without asking."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
