"""A preset's rules: the thresholds of published Japanese corpora, or our own."""

from typing import Any, cast

import polars as pl
from pydantic import ConfigDict, Field, computed_field, model_validator

from curate.presets.preset import Preset, Rule, preset
from seimai.errors import SeimaiError
from seimai.places import nearest
from seimai.step import Filter


class Rules(Filter):
    """Drop documents that break a rule of a preset; every broken rule is recorded.

    `swallow-v1`, `fineweb2-ja`, `llm-jp-v1`, `llm-jp-v1-strict` and `hojichar` decide as the code of those
    projects does, `...-fixed` with its slips mended; `seimai-ja` is our own (docs/presets.md has all rules,
    with their sources). A rule's name is the reason of the rows that it drops.

    One threshold is changed in one line: `except: {run_on: 300}`; null turns a rule off. `domain`
    applies the exemptions that a preset knows for a kind of text; `except` comes after it.

    >>> from curate.signals import measure
    >>> rows = pl.DataFrame({"text": ["米。" * 300, "玄米を磨く。"]})
    >>> rules = Rules(preset="seimai-ja")
    >>> signals = measure(rows, ["visible_chars"])
    >>> signals.select(rules.reasons()["too_short"]).to_series().to_list()
    [False, True]
    """

    model_config = ConfigDict(populate_by_name=True)

    preset: str = Field("seimai-ja", description="name of the preset")
    domain: str | None = Field(None, description="kind of text whose exemptions apply: law, patent, ...")
    exceptions: dict[str, float | None] = Field(
        {}, alias="except", description="thresholds by rule that differ from the preset's; null: no such rule"
    )

    @model_validator(mode="before")
    @classmethod
    def _one_line(cls, given: Any) -> Any:
        """`hiragana_ratio: 0.15` beside `preset` means the same as below `except`."""
        if not isinstance(given, dict):
            return given
        values = dict(cast("dict[str, Any]", given))
        try:
            known = preset(str(values.get("preset", cls.model_fields["preset"].default))).names()
        except SeimaiError:
            return values
        beside = {name: values.pop(name) for name in list(values) if name in known}
        within: Any = values.pop("except", None) or values.pop("exceptions", None) or {}
        if isinstance(within, dict):
            within = {**cast("dict[str, Any]", within), **beside}
        return {**values, "except": within}

    @model_validator(mode="after")
    def _known(self) -> "Rules":
        try:
            chosen = preset(self.preset)
        except SeimaiError as e:
            raise ValueError(str(e)) from None
        if self.domain is not None and self.domain not in chosen.domains:
            if not chosen.domains:
                raise ValueError(f"preset {self.preset} knows no domains")
            raise ValueError(f"no domain {self.domain!r}{nearest(self.domain, chosen.domains)}")
        for name in self.exceptions:
            if name not in chosen.names():
                raise ValueError(f"no rule {name!r} in {self.preset}{nearest(name, chosen.names())}")
        return self

    @computed_field
    @property
    def thresholds(self) -> dict[str, float | None]:
        """The rules that apply and their numbers: part of the dataset's hash."""
        return {rule.name: value for rule, value in self._applied(preset(self.preset))}

    @computed_field
    @property
    def preset_version(self) -> int:
        """The preset's version: part of the dataset's hash."""
        return preset(self.preset).version

    def _applied(self, chosen: Preset) -> list[tuple[Rule, float | None]]:
        changed = {**chosen.domains.get(self.domain or "", {}), **self.exceptions}
        rules = [(rule, changed.get(rule.name, rule.threshold)) for rule in chosen.rules]
        return [(rule, value) for rule, value in rules if value is not None or rule.name not in changed]

    def reasons(self) -> dict[str, pl.Expr]:
        """The names of the preset's rules."""
        return {rule.name: rule.bad(value or 0.0) for rule, value in self._applied(preset(self.preset))}
