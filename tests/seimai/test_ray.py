"""The same bytes on Ray as on this machine's own processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="the extra 'ray' is not installed")

RECIPE = """\
name: pages
corpus:
  from: {files: "*.jsonl"}
  steps: [curate.normalize, {curate.length: {min_chars: 5}}, curate.near_dedup]
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_ray_changes_no_byte(tmp_path: Path) -> None:
    texts = ["米は田で育つ。" * 9, "米は田で育つ。" * 9 + "秋。", "短い", "水と土と日の光が稲を育てる。" * 5]
    for number in range(3):
        lines = "\n".join(json.dumps({"text": f"{text}{number}"}) for text in texts)
        (tmp_path / f"{number}.jsonl").write_text(lines, "utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, "utf-8")
    seimai = Path(sys.executable).parent / "seimai"
    for place in ("local", "ray"):
        command = [seimai, "run", tmp_path / "recipe.yaml", "--out", tmp_path / place, "--on", place]
        subprocess.run(command, check=True, capture_output=True)
    local, ray = (
        {p.relative_to(tmp_path / place): p.read_bytes() for p in (tmp_path / place).rglob("*.parquet")}
        for place in ("local", "ray")
    )
    assert local == ray
    assert local
