"""Members of tar and zip archives, read where they are: nothing is ever unpacked to disk.

A member's name is only a name here, so `../../etc/passwd` does no harm.
"""

import tarfile
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from curate.reading import jsonl
from curate.reading.documents import document
from curate.reading.found import Found
from curate.reading.streams import BROKEN, DOCUMENTS, decompressed, named, text_name, unknown, words


class _Header(tarfile.TarInfo):
    """A header that does not take a broken one for the end of the archive, as `tarfile` does."""

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
                if info.isfile() and not _hidden(member):
                    content = cast(BinaryIO, archive.extractfile(info))
                    yield from _member(content, base._replace(member=member, number=number), info.name)
                    number += 1
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
    number = 0
    with archive:
        for info in archive.infolist():
            member = text_name(info.filename, zipped=not info.flag_bits & 0x800)
            if info.is_dir() or _hidden(member):
                continue
            place = base._replace(member=member, number=number)
            number += 1
            try:
                with archive.open(info) as content:
                    yield from _member(cast(BinaryIO, content), place, member)
            except BROKEN as e:
                yield place._replace(failed=words(e))


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
        any(part.startswith(".") and part not in (".", "..") for part in name.split("/"))
        or "__MACOSX/" in name
    )
