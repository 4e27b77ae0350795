from pathlib import Path

from rich.console import Console

from seimai.progress import PlainBar
from seimai.report import before_after_table, funnel_table, measures_table, places_table


def text_of(table) -> list[list[str]]:
    """The cells of each line that a table prints."""
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines() if line.strip()]


def manifest(**fields):
    return {"name": "corpus", "kind": "documents", "funnel": [], "metrics": {}, "rows": {"kept": 0}, **fields}


def test_the_funnel_names_the_commonest_reason_first():
    funnel = [
        {"step": "curate.read", "in": 12000, "dropped": {}},
        {
            "step": "curate.length",
            "in": 12000,
            "dropped": {"curate.length.too_long": 1, "curate.length.too_short": 2000},
        },
        {"step": "generate.pairs", "in": 9999, "dropped": {}, "out": 19998},
    ]
    lines = text_of(funnel_table([manifest(funnel=funnel)]))[3:]
    assert lines == [
        ["corpus", "curate.read", "12,000", "12,000"],
        ["curate.length", "12,000", "2,001", "9,999", "too_short", "2,000,", "too_long", "1"],
        ["generate.pairs", "9,999", "19,998"],
    ]


def test_before_and_after():
    def line(measure, before, after, better):
        return {"measure": measure, "on": "held out", "before": before, "after": after, "better": better}

    metrics = {
        "before_after": [
            line("perplexity", 100.0, 80.0, "lower"),
            line("accuracy", 0.5, 0.75, "higher"),
            line("perplexity", 0.0, 1.0, "lower"),
        ]
    }
    lines = text_of(before_after_table([manifest(), manifest(name="model", kind="model", metrics=metrics)]))[
        3:
    ]
    assert lines == [
        ["model", "perplexity", "held", "out", "100.000", "80.000", "-20.0%"],
        ["accuracy", "held", "out", "0.500", "0.750", "+0.250"],
        ["perplexity", "held", "out", "0.000", "1.000", "+1.000"],
    ]
    assert before_after_table([manifest()]) is None


def test_places_with_brackets_are_printed_as_they_are():
    lines = text_of(places_table([(manifest(rows={"kept": 1234}), Path("runs/[old]/corpus-1a2b3c4d"))]))
    assert lines[-1] == ["corpus", "1,234", "documents", "runs/[old]/corpus-1a2b3c4d"]


def test_a_plain_bar_is_silent_for_ten_seconds(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("seimai.progress.time.monotonic", lambda: now[0])
    bar = PlainBar("corpus", 100, "shards")
    bar.advance(10)
    assert capsys.readouterr().err == ""
    now[0] = 20.0
    bar.advance(30)
    assert capsys.readouterr().err.strip() == "corpus: 40%, 2.0 shards/s, about 30 s left"


def test_what_steps_measured():
    lines = [
        {"step": "generate.pairs", "measure": "longer chosen", "value": 0.625, "unit": "share"},
        {"step": "generate.pairs", "measure": "gap", "value": -1200.5, "unit": "characters"},
        {"step": "generate.labels", "measure": "good", "value": 1200, "unit": ""},
        {"step": "generate.labels", "measure": "weight", "value": "1.00 to 1.33", "unit": ""},
    ]
    table = measures_table([manifest(), manifest(name="pairs", metrics={"measures": lines})])
    assert text_of(table)[3:] == [
        ["pairs", "generate.pairs", "longer", "chosen", "62.5%"],
        ["generate.pairs", "gap", "-1,200.5", "characters"],
        ["generate.labels", "good", "1,200"],
        ["generate.labels", "weight", "1.00", "to", "1.33"],
    ]
    assert measures_table([manifest()]) is None
