"""Members of tar and zip archives, read where they are: nothing is ever unpacked to disk.

A member's name is only a name here, so `../../etc/passwd` does no harm.
"""

import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from typing import IO, Any, BinaryIO, cast

from curate.reading import jsonl
from curate.reading.documents import document
from curate.reading.found import Found
from curate.reading.streams import (
    BROKEN,
    DOCUMENTS,
    SIP,
    Budget,
    decompressed,
    named,
    text_name,
    unknown,
    words,
)

_LONGEST = 1 << 20  # bytes of a name or of extended attributes, which tarfile reads whole
_ATTRIBUTES = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


class _Header(tarfile.TarInfo):
    """A header that does not take a broken one for the end of the archive, as `tarfile` does."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in _ATTRIBUTES and header.size > _LONGEST:
            raise ValueError(f"a name or attributes of {header.size} bytes")
        return header

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> "_Header":
        try:
            return super().fromtarfile(tarfile)
        except _NOT_A_HEADER as e:
            raise ValueError(str(e)) from None


_NOT_A_HEADER: tuple[type[Exception], ...] = (
    cast(Any, tarfile).InvalidHeaderError,
    cast(Any, tarfile).TruncatedHeaderError,
)


def tar(stream: BinaryIO, base: Found) -> Iterator[Found]:
    """The documents and records of a tar archive; the first broken place ends it."""
    number, member = 0, None
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header) as archive:
            for info in archive:
                cast(Any, archive).members = []  # tarfile keeps every header it ever saw
                member = text_name(info.name)
                if not info.isfile() or _hidden(member):
                    continue
                place = base._replace(member=member, number=number)
                number += 1
                if info.issparse():  # its header may claim any number of zeros
                    yield place._replace(failed="a sparse file")
                    continue
                yield from _member(cast(BinaryIO, archive.extractfile(info)), place, info.name)
    except BROKEN as e:
        after = f" after member {member}" if member else ""
        yield base._replace(number=number, failed=f"breaks off{after}: {words(e)}")


def zipped(stream: BinaryIO, base: Found) -> Iterator[Found]:
    """The documents and records of a zip archive; a broken member costs only itself."""
    try:
        archive = zipfile.ZipFile(stream)
    except BROKEN as e:
        yield base._replace(failed=words(e))
        return
    number, budget, size = 0, Budget(), stream.seek(0, os.SEEK_END)
    with archive:
        for info in archive.infolist():
            member = text_name(info.filename, zipped=not info.flag_bits & 0x800)
            if info.filename.endswith("/") or _is_link(info) or _hidden(member):
                continue
            place = base._replace(member=member, number=number)
            number += 1
            try:
                with archive.open(info) as content:
                    yield from _member(cast(BinaryIO, _Within(content, budget, size)), place, member)
            except BROKEN as e:
                yield place._replace(failed=words(e))


class _Within:
    """A member of a zip that spends of its archive's budget: members may share their bytes."""

    def __init__(self, stream: IO[bytes], budget: Budget, packed: int) -> None:
        self._stream, self._budget, self._packed = stream, budget, packed

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(SIP if size < 0 else min(size, SIP))
        self._budget.spend(len(data), self._packed)
        return data


def _is_link(info: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(info.external_attr >> 16)


def _member(stream: BinaryIO, place: Found, name: str) -> Iterator[Found]:
    form, codec = named(name)
    if form in DOCUMENTS and form:
        yield document(decompressed(stream, codec), place, form)
    elif form == "jsonl":
        yield from jsonl.records(decompressed(stream, codec), place)
    elif form in ("tar", "zip", "warc"):
        yield place._replace(failed="an archive in an archive")
    else:
        yield place._replace(failed=f"{form} in an archive: unpack it first" if form else unknown(name))


def _hidden(name: str) -> bool:
    return (
        any(part.startswith(".") and part not in (".", "..") for part in re.split(r"[/\\]", name))
        or "__MACOSX/" in name
    )
