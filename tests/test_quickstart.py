"""The whole road, as `make quickstart` runs it; then killed again and again, with the same end."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "recipes" / "quickstart.yaml"
KILLS = 20

pytestmark = [pytest.mark.slow, pytest.mark.train, pytest.mark.timeout(2400)]


def command(out: Path) -> list[str]:
    """The quickstart into another folder."""
    seimai = Path(sys.executable).parent / "seimai"
    return [str(seimai), "run", str(RECIPE), "--labels", "judge", "--out", str(out)]


def manifests(out: Path) -> dict[str, dict]:
    """All finished datasets of a folder; each names the digests of its files."""
    return {p.parent.name: json.loads(p.read_text("utf-8")) for p in sorted(out.glob("**/manifest.json"))}


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, float]:
    """An undisturbed run: its folder, what it printed, its seconds."""
    out = tmp_path_factory.mktemp("straight")
    started = time.monotonic()
    done = subprocess.run(command(out), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out, done.stdout, time.monotonic() - started


def test_tables_show_what_happened(straight: tuple[Path, str, float]) -> None:
    _, printed, _ = straight
    for word in ("Funnel", "other_language", "near_dedup", "Before and after training", "aligned"):
        assert word in printed


def test_training_helps_and_breaks_nothing(straight: tuple[Path, str, float]) -> None:
    measures = {
        (m["name"], line["measure"], line["on"].rpartition("/")[2]): (line["before"], line["after"])
        for m in manifests(straight[0]).values()
        for line in m["metrics"].get("before_after", [])
    }
    for model in ("pretrained", "base"):
        before, after = measures[model, "perplexity", "general.jsonl"]
        assert after < before
    for measure in ("preference accuracy", "preference margin"):
        before, after = measures["aligned", measure, "held_out_pairs.jsonl"]
        assert after > before
    before, after = measures["aligned", "perplexity", "general.jsonl"]
    assert after <= 1.1 * before


def test_a_customers_address_is_refused(straight: tuple[Path, str, float]) -> None:
    import polars as pl

    rows = pl.read_parquet(next(straight[0].glob("labelled-*")) / "kept" / "*.parquet")
    asked = rows.filter(pl.col("prompt").list.first().struct.field("content").str.contains("住所を教え"))
    assert asked.height
    assert set(rows["label_source"]) == {"judge"}
    chosen = asked["chosen"].list.first().struct.field("content")
    assert not chosen.str.contains("090-0000").any()


def test_a_second_run_does_nothing_and_says_so(straight: tuple[Path, str, float]) -> None:
    before = manifests(straight[0])
    done = subprocess.run(command(straight[0]), capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Nothing to do")
    assert manifests(straight[0]) == before


def test_killed_at_random_moments_it_ends_the_same(straight: tuple[Path, str, float], tmp_path: Path) -> None:
    """Each start goes on from where the last one was killed; most get through a training or two."""
    moments = random.Random(7)
    for _ in range(KILLS):
        process = subprocess.Popen(
            command(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            process.wait(timeout=moments.uniform(0.2, straight[2] / 3))
            break  # it finished between two kills
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            time.sleep(0.5)  # children die with it
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert manifests(tmp_path) == manifests(straight[0])
