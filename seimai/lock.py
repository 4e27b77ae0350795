"""Lock files: what one process holds, no other gets."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path, *, wait: bool = False) -> Generator[None]:
    """Hold a lock file; the kernel lets go of it when the process dies, however it dies.

    Raises:
        BlockingIOError: if another process holds it and `wait` is not set.
    """
    import fcntl  # Unix alone has it; reviewing on someone else's server needs no lock

    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
