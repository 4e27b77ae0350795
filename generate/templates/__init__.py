"""Prompt templates that come with seimai, one a file: `seimai steps generate.templates` lists them.

To change one, copy its file beside the recipe, edit it, and name the copy: `template: my_question.jinja`.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """`TEMPLATES`: all of them by name, read when they are asked for."""
    if name != "TEMPLATES":
        raise AttributeError(name)
    from generate.template import load_template, shipped_templates

    return {known: load_template(known) for known in shipped_templates()}
