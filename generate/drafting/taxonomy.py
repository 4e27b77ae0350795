"""Taxonomies of requests that ask for care: YAML files that a user can copy and edit.

Each category has a description, what a good answer does, the names that published taxonomies give it, and
examples: risky ones, and harmless ones that look like them.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.step import Reference

FOLDER = Path(__file__).with_name("taxonomies")
SUFFIX = ".yaml"

Risk = Literal["risky", "harmless"]
RISKS: tuple[Risk, ...] = ("risky", "harmless")


class Example(BaseModel):
    """A prompt and a good answer to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: str = Field(min_length=1)
    answer: str = Field(min_length=1)


class Category(BaseModel):
    """One sort of requests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    description: str
    sources: dict[str, str] = {}
    """What published taxonomies call it."""
    answer: Literal["decline", "careful"]
    """`careful`: a good answer helps in general terms and names one of those in `help`."""
    good: str
    help: list[str] = Field(min_length=1)
    """Where a good answer sends people: one of these words is in it."""
    risky: list[Example] = Field(min_length=1)
    harmless: list[Example] = Field(min_length=1)

    def examples(self, risk: Risk) -> list[Example]:
        """The examples of one side."""
        return self.risky if risk == "risky" else self.harmless


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    about: str = ""
    license: str | None = None
    categories: dict[str, Category] = Field(min_length=1)


@dataclass(frozen=True)
class Taxonomy:
    """A taxonomy that was read and checked."""

    name: str
    version: int
    license: str | None
    categories: Mapping[str, Category]

    @property
    def label(self) -> str:
        """Name and version, as rows record it; the name of a user's own file ends in a hash."""
        return f"{self.name}-{self.version}"

    def chosen(self, names: list[str]) -> dict[str, Category]:
        """The named categories, or all; in the order of the file.

        Raises:
            SeimaiError: if there is no such category.
        """
        for name in names:
            if name not in self.categories:
                hint = nearest(name, self.categories)
                raise SeimaiError(f"the taxonomy {self.name} has no category {name!r}{hint}")
        return {k: c for k, c in self.categories.items() if not names or k in names}


def load_taxonomy(reference: str | Path) -> Taxonomy:
    """A taxonomy by the name of one that comes with seimai, or by the path of a file.

    >>> load_taxonomy("safety-ja").categories["self_harm"].title
    '自傷と自殺'

    Raises:
        SeimaiError: if there is none, or it cannot be read; the message names the file and the key.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    file = shipped_taxonomies().get(str(reference), Path(reference))
    try:
        text = file.read_text("utf-8-sig")
        parser: Any = YAML(typ="safe")
        found: Any = parser.load(text)
    except (OSError, UnicodeDecodeError) as e:
        raise SeimaiError(f"the taxonomy {file} cannot be read: {e}") from e
    except (YAMLError, ValueError) as e:
        raise SeimaiError(f"{file} is no YAML: {e}") from e
    try:
        read = _File.model_validate(found)
    except ValidationError as e:
        raise SeimaiError(f"{file}: {'; '.join(_said(cast('dict[str, Any]', x)) for x in e.errors())}") from e
    own = "" if file.parent == FOLDER else f"-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"
    return Taxonomy(f"{file.stem}{own}", read.version, read.license, read.categories)


def shipped_taxonomies() -> Mapping[str, Path]:
    """The files of the taxonomies that come with seimai, by name."""
    return {f.stem: f for f in sorted(FOLDER.glob(f"*{SUFFIX}"))}


TaxonomyRef = Annotated[str, Reference(shipped=shipped_taxonomies, check=load_taxonomy)]
"""A parameter that names a taxonomy: one that comes with seimai, or a file; its content enters the hash."""


def sides(categories: Mapping[str, Category]) -> Iterator[tuple[str, Category, Risk]]:
    """Each category's risky side and its harmless one."""
    for name, category in categories.items():
        for risk in RISKS:
            yield name, category, risk


def _said(error: dict[str, Any]) -> str:
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
