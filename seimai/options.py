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
