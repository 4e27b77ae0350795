"""The dataset's card, in English and Japanese: what it is, whose it is, what went and why, what is in it."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML

from seimai.exporting.ancestry import Ancestry, short
from seimai.exporting.markdown import cell, heading, number, ratio, size, table
from seimai.exporting.shards import Written
from seimai.exporting.summary import Summary, Totals

MOST_SOURCES = 20
FEWEST_FOR_BARS = 20
RATIO = "chars/token"
_KINDS = {
    "documents": ("documents", "文書"),
    "chat": ("conversations", "対話"),
    "prompts": ("prompts", "プロンプト"),
    "candidates": ("prompts with candidate answers", "応答候補つきプロンプト"),
    "pairs": ("preference pairs", "選好ペア"),
    "packed": ("packed documents (places in token files)", "トークン化済み文書(トークンファイル内の位置)"),
}


@dataclass(frozen=True)
class Card:
    """All that the card is made of."""

    manifest: Mapping[str, Any]
    ancestry: Ancestry
    summary: Summary
    files: Mapping[str, Sequence[Written]]
    token_files: Sequence[Written]
    tokenizers: Mapping[str, str]
    """Columns with token counts, and the tokenizer that each counts."""
    front: str

    def text(self) -> str:
        """The whole README.md."""
        parts = [
            self.front,
            f"# {self.manifest['name']}\n",
            *self._what(),
            *self._licenses(),
            *self._sources(),
            *self._tokens(),
            *self._funnel(),
            *self._signals(),
            *self._recipe(),
            *self._versions(),
        ]
        return "\n".join(parts)

    def _what(self) -> list[str]:
        total = self.summary.total()
        english, japanese = _KINDS[self.manifest["kind"]]
        characters = f", {total.characters:,} characters" if total.characters else ""
        letters = f"、{total.characters:,} 文字" if total.characters else ""
        lines = [
            f"{total.rows:,} {english}{characters}, made with seimai from the sources below. "
            "Each row names where it comes from in `origin`.\n",
            f"{japanese} {total.rows:,} 件{letters}。下記の出典から seimai で作成しました。"
            "各行の `origin` に由来が記されています。\n",
            "```python\nfrom datasets import load_dataset\n\n"
            'data = load_dataset("path/to/this/folder")  # このフォルダのパス\n```\n',
            *table(
                ["split", "rows 件数", "files ファイル", "bytes バイト"],
                [
                    [
                        split,
                        f"{sum(w.rows for w in some):,}",
                        str(len(some)),
                        size(sum(w.bytes for w in some)),
                    ]
                    for split, some in self.files.items()
                ],
            ),
        ]
        if self.token_files:
            together = sum(w.bytes for w in self.token_files)
            lines += [
                f"`tokens/` holds {size(together)} of token files in Megatron-LM's format (`.bin`, `.idx`); "
                "rows say where each document lies in them.\n",
                "`tokens/` に Megatron-LM 形式のトークンファイルがあります。"
                "各行は文書の位置(`file`、`start`、`tokens`)を示します。\n",
            ]
        return lines

    def _licenses(self) -> list[str]:
        return [
            *heading("Licences", "ライセンス"),
            "Rows are under the licence in their column `license`; whoever passes them on must keep to each. "
            "各行は `license` 列のライセンスに従います。\n",
            *self._totals_table("licence ライセンス", self.summary.by_license()),
        ]

    def _sources(self) -> list[str]:
        groups, licenses = self.summary.by_source(MOST_SOURCES)
        cells = {name: _shortened(", ".join(sorted(map(cell, some)))) for name, some in licenses.items()}
        unit = ("characters", "文字数") if self.summary.total().characters else ("tokens", "トークン数")
        return [
            *heading("Sources", "出典"),
            f"Median, 95th percentile and distribution are those of the documents' lengths in {unit[0]}. "
            f"中央値・95 %・分布は文書の長さ({unit[1]})。\n",
            *self._totals_table("source 出典", groups, cells),
        ]

    def _totals_table(
        self,
        label: str,
        groups: Mapping[str | None, Totals],
        licenses: Mapping[str | None, str] | None = None,
    ) -> list[str]:
        """Totals of groups; with licences and lengths where those are given."""
        text = bool(self.summary.total().characters)
        names = list(self.tokenizers)
        head = [label, *(["licence ライセンス"] if licenses else []), "rows 件数"]
        head += [*(["characters 文字"] if text else []), *names]
        if licenses:
            head += [*([RATIO] if text and names else []), "median 中央値", "95 %", "distribution 分布"]
        lines: list[list[str]] = []
        for name, totals in list(groups.items())[:MOST_SOURCES]:
            line = [cell(name), *([licenses[name]] if licenses else []), f"{totals.rows:,}"]
            line += [f"{totals.characters:,}"] if text else []
            line += [f"{totals.tokens.get(n, 0):,}" for n in names]
            if licenses:
                line += [ratio(totals.characters, totals.tokens.get(names[0], 0))] if text and names else []
                line += _lengths(totals)
            lines.append(line)
        rest = len(groups) - MOST_SOURCES
        more = [f"… and {rest:,} more. ほか {rest:,} 件。\n"] if rest > 0 else []
        to = len(head) - 1 if licenses else None
        return [*table(head, lines, numbers_from=2 if licenses else 1, numbers_to=to), *more]

    def _tokens(self) -> list[str]:
        if not self.tokenizers:
            return []
        total = self.summary.total()
        lines = [
            [
                f"`{column}`",
                f"`{tokenizer}`",
                f"{tokens:,}",
                ratio(total.characters, tokens),
                ratio(total.bytes, tokens),
            ]
            for column, tokenizer in self.tokenizers.items()
            if (tokens := total.tokens.get(column)) is not None
        ]
        if not lines:
            return []
        head = [
            "column 列",
            "tokenizer",
            "tokens トークン",
            "characters a token 文字/トークン",
            "bytes/token",
        ]
        return [*heading("Tokens", "トークン"), *table(head, lines, numbers_from=2)]

    def _funnel(self) -> list[str]:
        """What every pass of every entry dropped, with its reasons."""
        lines: list[list[str]] = []
        for entry, passes in self.ancestry.entries().items():
            for place, line in enumerate(passes[-1]["funnel"]):
                gone = sum(line["dropped"].values())
                kept = line.get("out", line["in"] - gone)
                order = sorted(line["dropped"].items(), key=lambda item: (-item[1], item[0]))
                why = ", ".join(f"{reason.rpartition('.')[2]} {count:,}" for reason, count in order)
                name = f"**{entry}**" if place == 0 else ""
                lines.append(
                    [
                        name,
                        f"`{line['step']}`",
                        f"{line['in']:,}",
                        f"{gone:,}" if gone else "",
                        f"{kept:,}",
                        why,
                    ]
                )
        if not lines:
            return []
        head = ["dataset", "step 処理", "in 入力", "dropped 除外", "kept 残り", "because 理由"]
        return [
            *heading("What went, and why", "除外した件数と理由"),
            *table(head, lines, numbers_from=2, numbers_to=5),
        ]

    def _signals(self) -> list[str]:
        found = {n: h for n, h in self.summary.signals.items() if h.total}
        if not found:
            return []
        lines = [
            [
                f"`{name}`",
                *(number(v) for v in h.quantiles()),
                f"`{h.bars()}`" + (" log" if h.logarithmic else ""),
            ]
            for name, h in found.items()
        ]
        head = ["signal 指標", "least 最小", "5 %", "median 中央値", "95 %", "most 最大", "distribution 分布"]
        return [
            *heading("Signals", "指標の分布"),
            "Of the rows that stayed; bars from the 1st to the 99th percentile, `log` with equal ratios. "
            "残った行について。棒は 1〜99 パーセンタイル。\n",
            *table(head, lines, numbers_to=6),
        ]

    def _recipe(self) -> list[str]:
        text = io.StringIO()
        writer: Any = YAML()
        writer.default_flow_style = False
        writer.allow_unicode = True
        writer.width = 110
        writer.indent(mapping=2, sequence=4, offset=2)
        writer.dump(self.ancestry.recipe(), text)
        gone = [f"Not found beside it: {', '.join(self.ancestry.gone)}.\n"] if self.ancestry.gone else []
        return [
            *heading("Recipe", "作成手順"),
            "As the manifests tell it, with all parameters. 実行記録から復元した全パラメータ。\n",
            f"```yaml\n{text.getvalue()}```\n",
            *gone,
        ]

    def _versions(self) -> list[str]:
        """Hashes of the datasets, versions of steps and libraries."""
        datasets = [[m["pass"], f"`{m['hash']}`"] for m in self.ancestry.manifests]
        steps = sorted({(s["step"], s["version"]) for m in self.ancestry.manifests for s in m["steps"]})
        libraries = ", ".join(f"{name} {v}" for name, v in self.manifest["versions"].items())
        return [
            *heading("Hashes and versions", "ハッシュと版"),
            "Same inputs, steps and seed give the same hash; `SHA256SUMS` has the files' checksums "
            "(`sha256sum -c SHA256SUMS`). 同じ入力・手順・シードなら同じハッシュになります。\n",
            *table(["dataset", "hash"], datasets, numbers_from=2),
            f"Seed: {self.manifest['seed']}. Libraries: {libraries}. "
            f"Steps: {', '.join(f'{step} (version {v})' for step, v in steps) or 'none'}.\n",
        ]


def tokenizer_columns(ancestry: Ancestry) -> dict[str, str]:
    """Columns that count tokens, with the tokenizer's name in the recipe."""
    found: dict[str, str] = {}
    for manifest in ancestry.manifests:
        for step in manifest["steps"]:
            parameters = step["parameters"]
            if step["step"] == "curate.count_tokens":
                found[parameters["column"]] = short(parameters["tokenizer"])
            elif step["step"] == "curate.pack":
                found["tokens"] = short(parameters["tokenizer"])
    return found


def _lengths(totals: Totals) -> list[str]:
    """Median, 95th percentile and picture of the documents' lengths; few documents have no picture."""
    if not totals.lengths.total:
        return ["", "", ""]
    middle, high = totals.lengths.quantiles((0.5, 0.95))
    bars = f"`{totals.lengths.bars(10)}`" if totals.rows >= FEWEST_FOR_BARS else ""
    return [f"{middle:,.0f}", f"{high:,.0f}", bars + (" log" if bars and totals.lengths.logarithmic else "")]


def _shortened(licenses: str) -> str:
    """A few words: the table of licences has the whole."""
    return licenses if len(licenses) <= 32 else f"{licenses[:30]}…"
