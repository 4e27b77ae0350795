"""Files and what their names say: the format, the compression, the bytes behind it."""

import importlib
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal, NamedTuple, cast

from curate.reading.charset import decode

pa: Any = importlib.import_module("pyarrow")  # it has no types

Form = Literal[
    "html", "markdown", "plain", "jsonl", "parquet", "arrow", "tar", "zip", "warc", "mediawiki", "pdf"
]

_FORMS: dict[str, Form] = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "plain",
    ".text": "plain",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".tar": "tar",
    ".zip": "zip",
    ".warc": "warc",
    ".xml": "mediawiki",
    ".pdf": "pdf",
}
_CODECS = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz"}
_SHORT = {
    ".tgz": [".tar", ".gz"],
    ".tzst": [".tar", ".zst"],
    ".tbz2": [".tar", ".bz2"],
    ".txz": [".tar", ".xz"],
}

DOCUMENTS = frozenset[Form | None]({"html", "markdown", "plain", "pdf"})
"""The forms of which one file is one document."""

SIP = 16 << 10

BROKEN: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted member of a zip; a parser that gives up
    LookupError,
    OverflowError,
    MemoryError,
    struct.error,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    pa.ArrowException,
)
"""What the libraries raise on broken or unreadable files."""


class Named(NamedTuple):
    """What a file's name says of its content."""

    form: Form | None
    codec: str | None


def named(name: str) -> Named:
    """Form and compression by the suffixes of a name, in any case.

    >>> named("青空文庫/吾輩は猫である.TXT.gz")
    Named(form='plain', codec='gzip')
    >>> named("写真.png")
    Named(form=None, codec=None)
    """
    suffixes = [s.lower() for s in PurePosixPath(name).suffixes]
    suffixes = [*suffixes[:-1], *_SHORT.get("".join(suffixes[-1:]), suffixes[-1:])]
    codec = _CODECS.get(suffixes.pop()) if suffixes and suffixes[-1] in _CODECS else None
    return Named(_FORMS.get(suffixes[-1]) if suffixes else None, codec)


def unknown(name: str) -> str:
    """Why a file was not read."""
    return f"unknown file type {PurePosixPath(name).suffix}" if PurePosixPath(name).suffix else "no file type"


@contextmanager
def opened(place: str, codec: str | None) -> Generator[BinaryIO]:
    """The bytes of a file, decompressed as they are read.

    Arrow's streams take files of several frames or members and, unlike zstandard's reader, raise at a
    file that was cut off.
    """
    with Path(place).open("rb") as plain:
        yield decompressed(plain, codec)


def decompressed(stream: BinaryIO, codec: str | None) -> BinaryIO:
    """A stream behind a compression, as long as it is no bomb."""
    if codec is None:
        return stream
    packed = Counted(stream)
    if codec == "xz":
        unpacked: Any = _Xz(cast(BinaryIO, packed))
    else:
        unpacked = pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), codec)
    return cast(BinaryIO, _Sips(unpacked, packed))


class Counted:
    """Counts what was read from a stream."""

    closed = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        data = self._stream.read(size)
        self.position += len(data)
        return data

    def close(self) -> None:
        """Nothing: who opened the stream closes it; Arrow asks when its reader is forgotten."""

    def tell(self) -> int:
        """How many bytes were read."""
        return self.position


class Budget:
    """What may come out of an archive in all: `MOST_TIMES` what went in, or a harmless `FREE`."""

    MOST_TIMES = (
        1000  # texts of one repeated line reach 300 with zstd; bombs begin at 1,000 (deflate's limit)
    )
    FREE = 256 << 20

    def __init__(self) -> None:
        self.spent = 0

    def spend(self, out: int, packed: int) -> None:
        """Count `out` more bytes that came from `packed` bytes in all.

        Raises:
            ValueError: if they are too many.
        """
        self.spent += out
        if self.spent > self.FREE and self.spent > self.MOST_TIMES * packed:
            raise ValueError(f"expands to more than {self.MOST_TIMES} times its size")


class _Sips:
    """Reads little at a time: what Arrow has decompressed in a call that meets the broken end is lost."""

    def __init__(self, unpacked: Any, packed: Counted) -> None:
        self._unpacked, self._packed = unpacked, packed
        self._budget = Budget()

    def read(self, size: int = -1) -> bytes:
        data = self._unpacked.read(SIP if size < 0 else min(size, SIP))
        self._budget.spend(len(data), self._packed.position)
        return data


class _Xz:
    """Streams of xz one after the other, which Arrow does not read; its header may ask for any memory."""

    MEMORY = 256 << 20  # xz -9 needs 65 MiB

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._open = self._new()
        self._rest = b""
        self._between = True

    def _new(self) -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=self.MEMORY)

    def read(self, size: int = -1) -> bytes:
        while True:
            if self._open.eof:
                self._rest, self._open, self._between = (
                    self._open.unused_data.lstrip(b"\0"),
                    self._new(),
                    True,
                )
            if self._open.needs_input and not self._rest:
                self._rest = self._stream.read(SIP)
                if self._between:
                    self._rest = self._rest.lstrip(b"\0")  # padding between streams
                if not self._rest and self._between:
                    return b""
                if not self._rest:
                    raise EOFError("Truncated compressed stream")
            data = self._open.decompress(self._rest, SIP if size < 0 else min(size, SIP))
            self._rest, self._between = b"", False
            if data:
                return data


def words(error: Exception) -> str:
    """An error's own words, without the path of this machine."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split())[:500]


def text_name(name: str, *, zipped: bool = False) -> str:
    """A file's name as text that UTF-8 can hold, in the normal form (NFC, NFD) that it has.

    Names that are not UTF-8 (Shift_JIS from old Windows) are decoded by what they are; `zipped`: a name
    that `zipfile` took for code page 437 because its writer did not say UTF-8.
    """
    try:
        raw = name.encode("cp437") if zipped else os.fsencode(name)
    except UnicodeEncodeError:
        return name.encode("utf-8", "replace").decode()
    if zipped and raw.isascii():
        return name
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return decode(raw).text or raw.decode("utf-8", "backslashreplace")
