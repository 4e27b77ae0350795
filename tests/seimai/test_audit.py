"""Audits: what is drawn, what reviewers see, what answers are worth."""

import csv
import io
import json
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seimai.audit import Question, audit
from seimai.auditing.answers import Answer, read_answers, verdicts
from seimai.auditing.draw import Stratum, _share_out, draw
from seimai.auditing.estimate import Judged, joined
from seimai.auditing.rules import Population, Rule
from seimai.auditing.sheet import names, read_key
from seimai.errors import SeimaiError, Waiting
from seimai.interval import wilson

RECIPE = "corpus:\n  from: {files: 'texts/*'}\n  steps: [mycompany.steps.loud: {at_most: 2, at_least: 7}]\n"

# 40 rows too loud by 1 to 40 marks, 30 too short by 1 to 5 characters, 80 kept with 0 to 2 marks.
LOUD = [f"うるさい文章です第{i:02}号" + "!" * (3 + i) for i in range(40)]
SHORT = ["あいうえお"[: 1 + i % 5] + ("!" if i % 2 else "") for i in range(30)]
GOOD = [f"静かな文章です第{i:02}号" + "!" * (i % 3) for i in range(80)]


@pytest.fixture
def run(write_recipe, write_texts, make) -> Path:
    write_texts(
        "texts/a.jsonl",
        [t for three in zip(LOUD, [*SHORT, *GOOD[:10]], GOOD[40:], strict=True) for t in three],
    )
    write_texts("texts/b.jsonl", GOOD[10:40])
    recipe = write_recipe(RECIPE)
    make(recipe, out=recipe.parent / "runs")
    return recipe.parent / "runs"


class Screen:
    """Keeps what is printed."""

    def __init__(self) -> None:
        from rich.console import Console

        self.out = io.StringIO()
        self.console = Console(file=self.out, width=160)

    @property
    def text(self) -> str:
        return self.out.getvalue()


def drawn(run: Path, n: int = 60, seed: int = 17) -> Path:
    audit(Question(run, "mycompany.steps.loud", n, seed), Screen().console)
    (folder,) = [p for p in (run / "audits").iterdir() if (k := read_key(p)).n == n and k.seed == seed]
    return folder


def records(folder: Path) -> dict[str, str]:
    lines = (folder / "documents.jsonl").read_text("utf-8").splitlines()
    return {r["document"]: r["text"] for r in map(json.loads, lines)}


def filled(
    folder: Path, answers: dict[str, str], *, encoding: str = "utf-8-sig", delimiter: str = ","
) -> Path:
    """The sheet as it comes back from a spreadsheet."""
    with (folder / "documents.csv").open(encoding="utf-8-sig", newline="") as f:
        rows = list(csv.DictReader(f))
    path = folder / f"filled-{encoding}.csv"
    with path.open("w", encoding=encoding, newline="") as f:
        writer = csv.DictWriter(f, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows({**row, "answer": answers.get(row["document"], "")} for row in rows)
    return path


def result(run: Path, answers: Path) -> str:
    screen = Screen()
    audit(Question(run, "mycompany.steps.loud", answers=answers), screen.console)
    return screen.text


# -- drawing


def test_each_rule_has_its_nearest_rows_and_a_random_sample_of_the_rest(run) -> None:
    folder = drawn(run)
    key, texts = read_key(folder), records(folder)
    assert [(r.reason, r.bound, r.dropped, r.alone) for r in key.rules] == [
        ("too_loud", "at_most 2", 40, 40),
        ("too_short", "at_least 7", 30, 30),
    ]
    strata = {(s.reason, s.side, s.how): s for s in key.strata}
    near = strata["too_loud", "dropped", "nearest"]
    marks = sorted(texts[d].count("!") for d in near.documents)
    assert marks == list(range(3, 3 + len(marks)))  # the nearest ones, all of them
    rest = strata["too_loud", "dropped", "random"]
    assert (near.size, rest.size) == (len(near.documents), 40 - len(near.documents))
    assert not set(near.documents) & set(rest.documents)
    assert all(texts[d].count("!") > max(marks) for d in rest.documents)
    just = strata["too_loud", "kept", "nearest"]
    assert {texts[d].count("!") for d in just.documents} == {2}  # the threshold itself is kept
    assert strata[None, "kept", "random"].size == key.kept == 80
    assert len(rest.documents) == 2 * len(near.documents)


def test_the_same_seed_draws_the_same_rows_and_another_draws_others(run) -> None:
    first = drawn(run)
    before = {p.name: p.read_bytes() for p in first.iterdir()}
    for path in first.iterdir():
        path.unlink()
    assert {p.name: p.read_bytes() for p in drawn(run).iterdir()} == before
    ids = set(read_key(first).ids.values())
    other = set(read_key(drawn(run, seed=18)).ids.values())
    assert ids & other
    assert ids - other


def test_going_on_with_an_audit_leaves_the_sheet_that_people_work_in(run) -> None:
    folder = drawn(run)
    (folder / "documents.csv").write_text("half filled in", "utf-8")
    assert drawn(run) == folder
    assert (folder / "documents.csv").read_text("utf-8") == "half filled in"


def test_reviewers_see_no_verdict(run) -> None:
    folder = drawn(run)
    key = read_key(folder)
    shown = (folder / "documents.csv").read_text("utf-8-sig") + (folder / "documents.jsonl").read_text(
        "utf-8"
    )
    for word in ("too_loud", "too_short", "dropped", "kept", "loud", *key.ids.values()):
        assert word not in shown
    dropped = {d for s in key.strata if s.side == "dropped" for d in s.documents}
    order = [d in dropped for d in records(folder)]
    changes = sum(a != b for a, b in pairwise(order))
    assert changes > len(order) / 4  # no block of dropped rows


def test_a_spreadsheet_shows_japanese_and_runs_nothing(write_recipe, write_texts, make) -> None:
    long = "長" * 40_000
    write_texts(
        "texts/a.jsonl", ["=1+2!!!", "@SUM(A1)!!!", "\t-1\x00\r\n!!!", f"{long}!!!", "静かな文章です。"]
    )
    recipe = write_recipe(RECIPE)
    make(recipe, out=recipe.parent / "runs")
    folder = drawn(recipe.parent / "runs", n=10)
    data = (folder / "documents.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")  # Excel reads UTF-8 by this alone
    with (folder / "documents.csv").open(encoding="utf-8-sig", newline="") as f:
        texts = [row["text"] for row in csv.DictReader(f)]
    assert sorted(t[:6] for t in texts) == ["'\t-1\n!", "'=1+2!", "'@SUM(", "長長長長長長", "静かな文章で"]
    assert max(map(len, texts)) < 32_767  # what a cell of Excel holds
    assert any(t.endswith("…（以下 30,003 字省略）") for t in texts)
    assert f"{long}!!!" in records(folder).values()
    assert all(d[0] == "d" and "_" in d for d in records(folder))  # neither a number nor a date


def test_too_few_documents_and_wrong_names_are_said(run, seimai) -> None:
    for arguments, message in (
        (("runs", "mycompany.steps.lout"), "no dataset has a filter 'mycompany.steps.lout'; did you mean"),
        (("runs", "mycompany.steps.loud", "--n", "3"), "--n 3 is too few: there are 7 kinds of documents"),
        (("texts", "mycompany.steps.loud"), "texts is no finished dataset and holds none"),
        (("runs", "mycompany.steps.loud", "--answers", "none.csv"), "none.csv: cannot be read: No such file"),
        (("runs", "mycompany.steps.loud", "--answers", "x", "--argilla"), "choose one"),
    ):
        done = seimai("audit", *arguments)
        assert (done.returncode, message in done.stderr, done.stderr.count("\n")) == (1, True, 1), done.stderr


def test_a_step_that_drops_nothing_or_is_no_filter(write_recipe, write_texts, make, seimai) -> None:
    write_texts("texts/a.jsonl", GOOD)
    recipe = write_recipe(
        "a:\n  from: {files: 'texts/*'}\n"
        "  steps: [mycompany.steps.shout, mycompany.steps.loud: {at_most: 9}]\n"
    )
    make(recipe, out=recipe.parent / "runs")
    assert "mycompany.steps.loud dropped nothing" in seimai("audit", "runs", "mycompany.steps.loud").stderr
    assert (
        "no dataset has a filter 'mycompany.steps.shout'"
        in seimai("audit", "runs", "mycompany.steps.shout").stderr
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50)), min_size=1, max_size=12), st.integers(0, 300)
)
def test_shares_fill_up_and_overflow_nowhere(kinds: list[tuple[int, int]], more: int) -> None:
    parts, caps = [p for p, _ in kinds], [c for _, c in kinds]
    n = sum(c > 0 for c in caps) + more
    counts = _share_out(n, parts, caps)
    assert all((c > 0) <= (count > 0) <= (count <= c) for count, c in zip(counts, caps, strict=True) if c)
    assert sum(counts) == min(n, sum(caps))


# -- answers


def test_answers_come_back_from_any_spreadsheet(run) -> None:
    folder = drawn(run)
    answers = {d: "良い" if "静か" in t else "悪い" for d, t in records(folder).items()}
    wanted = Counter({"good": sum(v == "良い" for v in answers.values())})
    wanted["bad"] = len(answers) - wanted["good"]
    for encoding, delimiter in (("utf-8-sig", ","), ("utf-8", ";"), ("cp932", ","), ("utf-16", "\t")):
        found = read_answers(filled(folder, answers, encoding=encoding, delimiter=delimiter))
        assert Counter(a.verdict for a in found) == wanted, encoding
    lines = (json.dumps({"document": d, "answer": a}) for d, a in answers.items())
    (folder / "filled.jsonl").write_text("\n".join(lines), "utf-8")
    assert read_answers(folder / "filled.jsonl") == found


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "document,answer\nd1_001,perhaps\n", "a.csv:2: 'perhaps' is no answer; write good, bad or"),
        ("a.csv", "name,answer\nd1_001,good\n", "a.csv:1: the first line must name the columns document and"),
        ("a.csv", "", "a.csv:1: the first line must name"),
        ("a.csv", b"document,answer\n\x81\n,good\n", "a.csv: neither UTF-8 nor Shift_JIS"),
        ("a.xlsx", "", "a.xlsx: save the sheet as CSV"),
        ("a.jsonl", '{"document": "d1_001"}\n', "a.jsonl:1: no JSON record with `document` and `answer`"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name: str, content: str | bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SeimaiError) as caught:
        read_answers(path)
    assert message in str(caught.value)


def test_unknown_documents_and_other_audits_are_said(run) -> None:
    folder = drawn(run)
    key = read_key(folder)
    path = folder / "a.csv"
    path.write_text(f"document,answer\n{key.tag}_999,good\n", "utf-8")
    with pytest.raises(SeimaiError, match=f"'{key.tag}_999' in the answers: no such document in this audit"):
        result(run, path)
    path.write_text("document,answer\ndfffff_001,good\n", "utf-8")
    with pytest.raises(SeimaiError, match="'dfffff_001' is of no audit in "):
        result(run, path)
    with pytest.raises(SeimaiError, match=r"a\.csv has no answer yet"):
        result(run, filled(folder, {}).rename(path))


def test_majority_and_contradiction() -> None:
    given = [("a", "good"), ("a", "good"), ("a", "bad"), ("b", "good"), ("b", "bad"), ("c", "cannot_tell")]
    found = verdicts([Answer(d, cast("Any", v)) for d, v in given], ["a", "b", "c", "d"])
    assert found.of == {"a": "good", "b": "cannot_tell", "c": "cannot_tell"}
    assert (found.unanswered, found.contradictory) == (["d"], ["b"])


def test_precision_is_weighted_by_what_rows_stand_for(run) -> None:
    """People find loud texts with fewer than 12 marks good: 9 of 40, so the rule's precision is 0.775."""
    folder = drawn(run, n=150)  # more than there are: every dropped row is judged
    answers = {
        d: "bad" if "うるさい" in t and t.count("!") >= 12 else "good" for d, t in records(folder).items()
    }
    text = result(run, filled(folder, answers))
    (line,) = [x for x in text.splitlines() if x.strip().startswith("too_loud") and "at_most" in x]
    assert "77.5%" in line
    assert "77.5% to 77.5%" in line  # nothing was left to chance
    assert "too_loud: this rule drops good documents: 9 of 40" in text
    assert "too_short: this rule drops good documents: 30 of 30" in text


def test_part_of_the_answers_and_what_is_said_of_the_others(run) -> None:
    folder = drawn(run)
    texts = records(folder)
    answers = {d: "bad" if "うるさい" in t else "good" for d, t in texts.items()}
    missing = [d for d in texts if "静か" in texts[d]][:5]
    for document in missing:
        del answers[document]
    unsure = next(d for d in answers if "うるさい" in texts[d])
    answers[unsure] = "?"
    path = filled(folder, answers)
    again = next(d for d in answers if d != unsure)
    path.write_text(
        path.read_text("utf-8-sig") + f"{again},{'good' if answers[again] == 'bad' else 'bad'},,\n", "utf-8"
    )
    text = result(run, path)
    assert f"5 of {len(texts)} documents have no answer ({', '.join(missing[:3])} and 2 more)" in text
    assert f"1 documents have as many good as bad answers ({again}) and count as cannot tell." in text
    assert "Of 1 documents people could not tell; they count neither way." in text
    assert "too_loud: bad documents alone among those that it dropped: " in text


# -- estimates


def test_wilson_is_what_the_books_say() -> None:
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for bad, told, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        found = wilson(bad, told)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_stratum_judged_completely_leaves_no_doubt_and_one_not_judged_no_estimate() -> None:
    assert joined([Judged(10, 10, 5), Judged(30, 30, 30)]) == wilson(35, 40, 40)
    assert joined([Judged(10, 10, 5), Judged(30, 0, 0)]) is None
    found = joined([Judged(10, 10, 5), Judged(90, 20, 20)])
    assert found is not None
    assert math.isclose(found.share, 0.95)
    assert math.isclose(found.high, 0.95)  # at best all of the rest are bad
    assert 0.8 < found.low < 0.93


def test_the_estimate_is_honest_though_borderline_rows_are_preferred() -> None:
    """Over 400 seeds it is right on average, and 95 % intervals hold the truth in at least 93 %.

    The share of bad rows grows with the distance from the threshold: counting all answers alike is far off.
    """
    rng = np.random.default_rng(1)
    distance = np.arange(600) / 600
    bad = rng.random(600) < 0.3 + 0.6 * distance
    rule = Rule("r", "", np.arange(600), 600, np.concatenate([distance, np.full(400, np.nan)]))
    population = Population((rule,), np.arange(600, 1000), cast("Any", None))
    held, shares, plain = 0, [], []
    for seed in range(400):
        strata = {(s.side, s.how): s for s in draw(population, 80, seed)}
        both = [strata["dropped", how] for how in ("nearest", "random")]
        found = joined([Judged(s.size, len(s.drawn), int(bad[list(s.drawn)].sum())) for s in both])
        assert found is not None
        shares.append(found.share)
        plain.append(bad[[row for s in both for row in s.drawn]].mean())
        held += found.low <= bad.mean() <= found.high
    assert abs(np.mean(shares) - bad.mean()) < 0.01
    assert abs(np.mean(plain) - bad.mean()) > 0.05
    assert held / 400 >= 0.93


def test_names_say_nothing_of_rows() -> None:
    found = names("dabcde", [5, 3, 3, 900], 1)
    assert sorted(found) == [3, 5, 900]
    assert sorted(found.values()) == ["dabcde_001", "dabcde_002", "dabcde_003"]
    assert Stratum("r", "dropped", "random", 90, (1, 2, 3)).weight == 30


# -- people elsewhere


def test_another_place_to_ask_is_waited_for(run) -> None:
    shown: dict[str, str] = {}

    def ask(name: str, documents):
        assert name.startswith("audit-corpus-mycompany.steps.loud-d")
        first = not shown
        shown.update(documents)
        some = list(shown)[: 3 if first else None]
        return [Answer(d, "bad" if "うるさい" in shown[d] else "good") for d in some], "http://there"

    screen = Screen()
    question = Question(run, "mycompany.steps.loud", 60)
    with pytest.raises(
        Waiting, match=r"^3 of \d+ documents are judged at http://there; run the same command"
    ):
        audit(question, screen.console, ask)
    found = audit(question, screen.console, ask)
    assert found is not None
    assert not found.unanswered
    assert "too_loud: bad documents alone among those that it dropped: " in screen.text
