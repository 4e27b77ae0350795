from rich.console import Console

from seimai.ledger import Ledger
from seimai.manifest import Parts
from seimai.progress import PlainBar
from seimai.usage_table import usage_table


def cells(table) -> list[list[str]]:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return [line.split() for line in captured.get().splitlines() if line.strip()][3:]


def used(model: str, answers: int, failed: int, tokens_in: int, tokens_out: int, **more):
    counts = {"answers": answers, "failed": failed, "tokens_in": tokens_in, "tokens_out": tokens_out}
    return {"engine": "server", "model": model, **counts, **more}


def timed(model: str, tokens_in: int, tokens_out: int, seconds: float):
    return {
        "engine": "server",
        "model": model,
        "tokens_in": tokens_in,
        "tokens_out": tokens_out,
        "seconds": seconds,
    }


class Made:
    def __init__(self, name: str) -> None:
        self.name, self.hash = name, "0123456789"


def test_counts_and_times_of_all_passes_add_up_per_model(tmp_path):
    ledger = Ledger(tmp_path)
    nothing = {"rows": {}, "bytes": {}}
    for name, times in (
        ("pairs.generate.respond", [timed("rice", 100, 900, 10.0)]),
        ("pairs", [timed("judge", 1000, 20, 4.0), timed("rice", 0, 100, 10.0)]),
    ):
        ledger.made(Made(name), nothing, 1.0, 1, {"usage": times})  # type: ignore[arg-type]
    lines = [
        used("rice", 40, 1, 100, 900, dataset="pairs.generate.respond-01234567"),
        used("judge", 40, 0, 1000, 20),
        used("rice", 4, 0, 0, 100),
    ]
    manifest = {"name": "pairs", "metrics": {"usage": lines}}
    assert cells(usage_table([(manifest, tmp_path / "pairs-01234567")])) == [
        ["pairs", "server", "rice", "44", "1", "100", "1,000", "20.0", "5", "50"],
        ["server", "judge", "40", "1,000", "20", "4.0", "250", "5"],
    ]


def test_a_dataset_from_elsewhere_has_counts_and_no_times(tmp_path):
    manifest = {"name": "pairs", "metrics": {"usage": [used("rice", 4, 0, 8, 9)]}}
    assert cells(usage_table([(manifest, tmp_path / "pairs-01234567")])) == [
        ["pairs", "server", "rice", "4", "8", "9"]
    ]
    assert usage_table([({"name": "corpus", "metrics": {}}, tmp_path / "corpus-01234567")]) is None


def test_usage_of_earlier_passes_is_carried_with_their_names(tmp_path):
    from seimai.manifest import _metrics

    class Before:
        def __init__(self, name, lines):
            self.path, self.manifest = tmp_path / name, {"metrics": {"usage": lines}}

    parts = Parts(metrics={"usage": [used("judge", 1, 0, 1, 1)]})
    first = used("rice", 2, 0, 1, 1, dataset="older-1")
    found = _metrics(parts, [Before("a-1", [first, used("rice", 3, 0, 1, 1)])])  # type: ignore[list-item]
    assert [line.get("dataset") for line in found["usage"]] == ["older-1", "a-1", None]
    assert parts.metrics["usage"] == [used("judge", 1, 0, 1, 1)]


def test_what_was_there_before_a_run_says_nothing_about_its_speed(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("seimai.progress.time.monotonic", lambda: now[0])
    bar = PlainBar("candidates", 100, "responses")
    bar.already(60)
    now[0] = 20.0
    bar.advance(10)
    assert capsys.readouterr().err == "  candidates: 70%, 0.5 responses/s, about 60 s left\n"
