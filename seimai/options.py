"""Arguments and options of the command line, with what `--help` says of them."""

from pathlib import Path
from typing import Annotated

import typer

RecipeFile = Annotated[Path, typer.Argument(metavar="RECIPE", help="The recipe: a YAML file.")]
Name = Annotated[str | None, typer.Argument(metavar="[NAME]", help="The entry to make; all when left out.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where datasets go; runs/<recipe name> by default.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override seed, STEP.KEY or ENTRY.STEP.KEY."),
]
Labels = Annotated[
    str | None, typer.Option("--labels", metavar="judge", help="judge: take the judge's labels, do not wait.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Worker processes; one a core by default.")
]
On = Annotated[str, typer.Option("--on", metavar="local|ray|ray://HOST:PORT", help="Where the work is done.")]

Run = Annotated[Path, typer.Argument(metavar="RUN", help="A dataset, or a folder of runs that has one.")]
Suggest = Annotated[
    Path | None,
    typer.Option("--suggest", metavar="TRUSTED", help="Propose thresholds from documents that you trust."),
]
Loss = Annotated[
    float, typer.Option("--loss", min=0, max=0.5, help="Share of the trusted documents that may go.")
]
Plot = Annotated[
    Path | None, typer.Option("--plot", metavar="FILE", help="Draw the curves: .svg, .html or .png.")
]
Count = Annotated[
    bool, typer.Option("--count", help="Count characters in the text, where no signal has them.")
]

FilterStep = Annotated[str, typer.Argument(metavar="STEP", help="The filter to audit: curate.rules.")]
Sampled = Annotated[int, typer.Option("--n", min=1, help="How many documents people are to judge.")]
AuditSeed = Annotated[int, typer.Option("--seed", min=0, help="Another seed draws other documents.")]
AuditOut = Annotated[
    Path | None, typer.Option("--out", help="Folder of audits; `audits` beside the dataset by default.")
]
Sheet = Annotated[
    Path | None, typer.Option("--answers", metavar="FILE", help="The sheet that people filled in.")
]
InArgilla = Annotated[
    bool, typer.Option("--argilla", help="Ask in Argilla instead of by a sheet, and fetch the answers.")
]
ArgillaUrl = Annotated[str, typer.Option("--server", help="Argilla's URL.")]
Workspace = Annotated[str, typer.Option(help="Argilla workspace whose members judge.")]

ServerUrl = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Also ask an OpenAI-compatible server what it serves."),
]
VllmPython = Annotated[
    str | None,
    typer.Option("--python", metavar="PYTHON", help="Interpreter of the environment that has vLLM."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--on", metavar="ray|ray://HOST:PORT", help="Also ask a Ray cluster what it has."),
]

ToExport = Annotated[Path, typer.Argument(metavar="DATASET", help="A finished dataset.")]
To = Annotated[Path, typer.Option("--to", metavar="DIR", help="A new folder.")]
Form = Annotated[
    str, typer.Option("--format", metavar="parquet|jsonl|jsonl.zst|packed", help="What the files are.")
]
ShardSize = Annotated[
    str, typer.Option("--shard-size", metavar="SIZE", help="Size of a file's rows as JSON lines.")
]
TokenizerPlace = Annotated[
    str | None,
    typer.Option("--tokenizer", metavar="PLACE", help="With packed: a folder, a tokenizer.json or a .model."),
]
End = Annotated[
    str | None, typer.Option("--end", metavar="TOKEN", help="With packed: the token behind each document.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--language", metavar="CODE", help="For the card; ja by default.")
]
