"""Prompt templates: Jinja in files that a user can copy and edit, each with a version.

A template is a text file with a head of YAML between two lines of `---`, and a body:

    ---
    version: 1
    about: ある文章についての質問を一つ書かせる
    ---
    次の文章を読んで、…
    {{ text | fenced("文章") }}

The body is what the user says; `system` in the head, a text that is filled in likewise, stands before it.
Both are rendered in Jinja's sandbox: a template can neither reach Python's insides nor a file. What it is
given is text and stays text: a document that holds `{{ … }}` is not rendered again.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, cast

from generate.drafting.fenced import fenced
from generate.engine import Message
from seimai.errors import SeimaiError
from seimai.step import Reference

FOLDER = Path(__file__).with_name("templates")
SUFFIX = ".jinja"
HEAD = re.compile(r"\s*^---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
KEYS = {"version", "about", "system"}


@dataclass(frozen=True)
class Template:
    """A template that was read and compiled."""

    name: str
    version: int
    about: str
    body: str
    system: str | None = None

    @property
    def label(self) -> str:
        """Name and version, as rows record it: `question-1`; the name of a user's own file ends in a hash."""
        return f"{self.name}-{self.version}"

    def render(self, **values: Any) -> str:
        """Fill the body in.

        Raises:
            SeimaiError: if it names a value that it is not given, or does what the sandbox forbids.
        """
        return self._filled(self.body, values)

    def messages(self, **values: Any) -> list[Message]:
        """The system message, where the template has one, and the body as the user's.

        Raises:
            SeimaiError: as `render` does.
        """
        asked = Message(role="user", content=self._filled(self.body, values))
        if self.system is None:
            return [asked]
        return [Message(role="system", content=self._filled(self.system, values)), asked]

    def _filled(self, text: str, values: dict[str, Any]) -> str:
        jinja2 = _jinja()
        wrong = (
            jinja2.TemplateError,
            TypeError,
            ValueError,
            ArithmeticError,
            LookupError,
            AttributeError,
            RecursionError,
            MemoryError,
        )
        try:
            return _compiled(text).render(values).strip()
        except wrong as e:
            said = f"{e}" or type(e).__name__
            raise SeimaiError(f"the template {self.name} cannot be filled in: {said}") from e


def load_template(reference: str | Path) -> Template:
    """A template by the name of one that comes with seimai (`question`), or by the path of a file.

    >>> load_template("nowhere/own.jinja")
    Traceback (most recent call last):
    seimai.errors.SeimaiError: there is no template nowhere/own.jinja

    Raises:
        SeimaiError: if there is none, or its head or its body cannot be read.
    """
    file = shipped_templates().get(str(reference), Path(reference))
    if not file.is_file():
        raise SeimaiError(f"there is no template {reference}{_nearest(str(reference))}")
    text = _text(file)
    head, body = _parts(file, text)
    version, about, system = head.get("version"), head.get("about", ""), head.get("system")
    if type(version) is not int or not isinstance(about, str) or not isinstance(system, str | None):
        raise SeimaiError(f"{file}: the head has a version (a whole number), about and system (texts)")
    if other := sorted(set(map(str, head)) - KEYS):
        raise SeimaiError(
            f"{file}: the head has version, about and system; it cannot have {', '.join(other)}"
        )
    if not body.strip():
        raise SeimaiError(f"{file}: the template has no body")
    _check(file, body, "body")
    _check(file, system or "", "system message")
    name = file.stem if file.parent == FOLDER else f"{file.stem}-{_digest(text)}"
    return Template(name, version, about, body, system)


def shipped_templates() -> Mapping[str, Path]:
    """The files of the templates that come with seimai, by name."""
    return {f.stem: f for f in sorted(FOLDER.glob(f"*{SUFFIX}"))}


TemplateRef = Annotated[str, Reference(shipped=shipped_templates, check=load_template)]
"""A parameter that names a template: one that comes with seimai, or a file; its content enters the hash."""


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as e:
        raise SeimaiError(f"the template {file} cannot be read: {e}") from e


def _parts(file: Path, text: str) -> tuple[dict[Any, Any], str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    found = HEAD.match(text)
    if not found:
        raise SeimaiError(f"{file}: a template begins with a head between two lines of ---")
    try:
        parser: Any = YAML(typ="safe")
        head: Any = parser.load(found[1])
    except (YAMLError, ValueError) as e:
        raise SeimaiError(f"{file}: the head is no YAML: {e}") from e
    if not isinstance(head, dict):
        raise SeimaiError(f"{file}: the head is a mapping: version, about")
    return cast("dict[Any, Any]", head), text[found.end() :]


def _check(file: Path, text: str, part: str) -> None:
    try:
        _compiled(text)
    except _jinja().TemplateSyntaxError as e:
        raise SeimaiError(f"{file}, line {e.lineno} of the {part}: {e.message}") from e


def _jinja() -> Any:
    try:
        import jinja2
    except ModuleNotFoundError:
        raise SeimaiError("templates need jinja2, which is missing: pip install 'seimai[generate]'") from None
    return jinja2


@cache
def _compiled(text: str) -> Any:
    jinja2 = _jinja()
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )
    environment.filters["fenced"] = fenced
    return environment.from_string(text)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def _nearest(reference: str) -> str:
    from seimai.places import nearest

    return "" if Path(reference).suffix or "/" in reference else nearest(reference, shipped_templates())
