"""Prompt templates: Jinja in files that a user can copy and edit, each with a version.

A template is a text file with a head of YAML between two lines of `---`, and a body:

    ---
    version: 1
    about: ある文章についての質問を一つ書かせる
    ---
    次の文章を読んで、…
    {{ text }}

The body is rendered in Jinja's sandbox: a template can neither reach Python's insides nor a file. What it
is given is text and stays text: a document that holds `{{ … }}` is not rendered again.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from seimai.errors import SeimaiError

FOLDER = Path(__file__).with_name("templates")
SUFFIX = ".jinja"


@dataclass(frozen=True)
class Template:
    """A template that was read and compiled."""

    name: str
    version: int
    about: str
    body: str

    @property
    def label(self) -> str:
        """Name and version, and of a user's own file also a part of its hash: `question-1`."""
        return f"{self.name}-{self.version}"

    def render(self, **values: Any) -> str:
        """Fill the template in.

        Raises:
            SeimaiError: if it names a value that it is not given, or does what the sandbox forbids.
        """
        import jinja2

        try:
            return _compiled(self.body).render(**values).strip()
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as e:
            raise SeimaiError(f"the template {self.name} cannot be filled in: {e}") from e


def load_template(reference: str) -> Template:
    """A template by the name of one that comes with seimai (`question`), or by the path of a file.

    >>> load_template("nowhere/own.jinja")
    Traceback (most recent call last):
    seimai.errors.SeimaiError: there is no template nowhere/own.jinja

    Raises:
        SeimaiError: if there is none, or its head or its body cannot be read.
    """
    own = Path(reference)
    file = own if own.suffix else FOLDER / f"{reference}{SUFFIX}"
    if not file.is_file():
        raise SeimaiError(f"there is no template {reference}{_nearest(reference)}")
    head, body = _parts(file)
    version, about = head.get("version"), head.get("about", "")
    if not isinstance(version, int) or not isinstance(about, str) or set(head) - {"version", "about"}:
        raise SeimaiError(f"{file}: the head has version (a whole number) and about (a text)")
    name = file.stem if file.parent == FOLDER else f"{file.stem}-{_digest(body)}"
    _check(file, body)
    return Template(name, version, about, body)


def template_names() -> list[str]:
    """The templates that come with seimai."""
    return sorted(f.stem for f in FOLDER.glob(f"*{SUFFIX}"))


def _parts(file: Path) -> tuple[dict[str, Any], str]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        raise SeimaiError(f"the template {file} cannot be read: {e}") from e
    marks = text.split("---\n", 2)
    if len(marks) != 3 or marks[0].strip():
        raise SeimaiError(f"{file}: a template begins with a head between two lines of ---")
    try:
        parser: Any = YAML(typ="safe")
        head: Any = parser.load(marks[1])
    except YAMLError as e:
        raise SeimaiError(f"{file}: the head is no YAML: {e}") from e
    if not isinstance(head, dict):
        raise SeimaiError(f"{file}: the head is a mapping: version, about")
    return head, marks[2]  # pyright: ignore[reportUnknownVariableType]


def _check(file: Path, body: str) -> None:
    import jinja2

    try:
        _compiled(body)
    except jinja2.TemplateSyntaxError as e:
        raise SeimaiError(f"{file}, line {e.lineno} of the body: {e.message}") from e


@cache
def _compiled(body: str) -> Any:
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=False
    )
    return environment.from_string(body)


def _digest(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=4).hexdigest()


def _nearest(reference: str) -> str:
    from seimai.places import nearest

    return "" if Path(reference).suffix else nearest(reference, template_names())
