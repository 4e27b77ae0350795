import json
import subprocess
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from label.pull import Response, write_capture
from label.push import dataset_name
from label.review import Review
from label.sides import on_the_left
from seimai.errors import SeimaiError

THREE = (("問一", "良い", "悪い"), ("問二", "甲", "乙"), ("問三", "子", "丑"))


def test_judge_labels_need_no_server(tmp_path, job_in, rows_of, make_pairs) -> None:
    frame = make_pairs(*THREE)
    step = Review(server="http://127.0.0.1:1")
    result = pl.concat(step.rewrite(rows_of(tmp_path, frame), job_in(tmp_path, labels="judge")))
    assert_frame_equal(result, frame.with_columns(label_source=pl.lit("judge")))


def test_judge_labels_import_no_client() -> None:
    code = "import sys, label.review; print(sorted({'argilla', 'httpx', 'datasets'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_capture_decides_without_the_server(tmp_path, job_in, rows_of, make_pairs) -> None:
    frame = make_pairs(*THREE)
    job = job_in(tmp_path / "work")
    side = {pair: on_the_left(pair, job.seed) for pair in frame["id"]}
    one, two, three = frame["id"]

    def gave(pair: str, who: str, liked: str) -> Response:
        kind = liked if liked in ("tie", "both_bad") else ("a" if side[pair] == liked else "b")
        return Response(pair, who, kind, None, "2026-01-01", side[pair])  # pyright: ignore[reportArgumentType]

    answers = [gave(one, who, "rejected") for who in "xyz"]
    answers += [gave(two, "x", "chosen"), gave(two, "y", "rejected"), gave(two, "z", "tie")]
    answers += [gave(three, "x", "both_bad"), gave(three, "y", "both_bad"), gave(three, "z", "chosen")]
    job.out.mkdir(exist_ok=True)
    write_capture(job.out / f"{dataset_name('pairs', frame, job.seed)}.answers.jsonl", answers)

    step = Review(reviewers=3, server="http://127.0.0.1:1")
    result = pl.concat(step.rewrite(rows_of(tmp_path, frame), job))
    expected = pl.DataFrame(
        {
            "id": [one, two, three],
            "label_source": ["human"] * 3,
            "reason": [None, "tie", "both_bad"],
            "agreement": [1.0, 1 / 3, 2 / 3],
            "margin": [1.0, 0.0, 1 / 3],
        }
    )
    assert_frame_equal(result.select(expected.columns), expected)
    assert result["chosen"][0].to_list() == [{"role": "assistant", "content": "悪い"}]
    assert result["rejected"][0].to_list() == [{"role": "assistant", "content": "良い"}]
    assert json.loads(result["votes"][0]) == {"chosen": 0, "rejected": 3, "tie": 0, "both_bad": 0}


def test_a_pair_that_cannot_be_shown_is_given_back(tmp_path, job_in, rows_of, make_pairs) -> None:
    frame = make_pairs(*THREE[:1]).with_columns(chosen=pl.lit([], dtype=make_pairs().schema["chosen"]))
    (result,) = Review().rewrite(rows_of(tmp_path, frame), job_in(tmp_path))
    assert result["reason"].to_list() == ["incomplete"]


def test_no_server_is_one_sentence(tmp_path, job_in, rows_of, make_pairs, monkeypatch) -> None:
    monkeypatch.setenv("SEIMAI_ARGILLA_API_KEY", "key")
    with pytest.raises(SeimaiError, match=r"no Argilla answers at http://127.0.0.1:1 .*seimai label serve"):
        list(
            Review(server="http://127.0.0.1:1").rewrite(
                rows_of(tmp_path, make_pairs(*THREE)), job_in(tmp_path)
            )
        )


def test_a_key_of_this_machine_goes_nowhere_else(tmp_path, monkeypatch) -> None:
    from label.client import find_api_key
    from label.home import Home

    monkeypatch.delenv("SEIMAI_ARGILLA_API_KEY", raising=False)
    monkeypatch.setenv("SEIMAI_LABEL_HOME", str(tmp_path / "home"))
    with pytest.raises(SeimaiError, match="no API key"):
        find_api_key("http://127.0.0.1:6900")
    home = Home(tmp_path / "home")
    home.create()
    key = home.secrets().api_key
    assert find_api_key("http://127.0.0.1:6900") == key
    with pytest.raises(SeimaiError, match="set SEIMAI_ARGILLA_API_KEY"):
        find_api_key("http://labels.example:6900")


def test_other_texts_are_another_dataset(make_pairs) -> None:
    frame = make_pairs(*THREE)
    name = dataset_name("pairs", frame, 17)
    assert name.startswith("pairs-")
    assert dataset_name("pairs", frame.head(2), 17) != name
    assert dataset_name("pairs", frame, 18) != name
    assert dataset_name("pairs", frame.with_columns(chosen="rejected"), 17) != name
