"""Fingerprints of files by content, so that a changed time stamp remakes nothing.

Reading 100 GB to learn that nothing changed would cost minutes: what was hashed once is remembered
under (path, size, time of change, inode) beside the runs.
"""

import contextlib
import json
from pathlib import Path

import xxhash

from seimai.dataset import write_atomically

CACHE = ".fingerprints.json"
BLOCK = 1 << 22


def digest_of(path: Path) -> str:
    """The XXH3-128 of a file's content, read in blocks."""
    digest = xxhash.xxh3_128()
    with path.open("rb") as f:
        while block := f.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


class Fingerprints:
    """XXH3-128 digests of files, remembered in a folder."""

    def __init__(self, folder: Path) -> None:
        self._cache = folder / CACHE
        self._fresh = False
        try:
            self._known: dict[str, list[int | str]] = json.loads(self._cache.read_text("utf-8"))
        except (OSError, ValueError):
            self._known = {}

    def of_file(self, path: Path) -> str:
        """The digest of a file's content; a file that cannot be read has a digest that says so."""
        try:
            stat = path.stat()
        except OSError as e:
            return f"unreadable:{type(e).__name__}"
        stamp: list[int | str] = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._known.get(str(path))
        if known and known[:3] == stamp:
            return str(known[3])
        try:
            digest = digest_of(path)
        except OSError as e:
            return f"unreadable:{type(e).__name__}"
        self._known[str(path)] = [*stamp, digest]
        self._fresh = True
        return digest

    def of(self, path: Path) -> str:
        """The digest of a file, or of a folder: its files' names and digests."""
        if not path.is_dir():
            return self.of_file(path)
        digest = xxhash.xxh3_128()
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            digest.update(f"{file.relative_to(path).as_posix()}\0{self.of_file(file)}\n".encode())
        return digest.hexdigest()

    def save(self) -> None:
        """Remember what was hashed; a folder that cannot be written is no reason to stop."""
        if self._fresh and self._cache.parent.is_dir():
            with contextlib.suppress(OSError):
                write_atomically(self._cache, json.dumps(self._known, ensure_ascii=False).encode())
            self._fresh = False
