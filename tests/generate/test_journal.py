from tiny_model import make_job

from generate.engine import Answer, Candidate
from generate.journal import Journal
from generate.usage import Usage

FIRST = Answer("a", (Candidate(1, "精米", 2, "stop"), Candidate(2, "玄米", 3, "length")))
SECOND = Answer("a", (Candidate(3, error="HTTP 400"),))
THIRD = Answer("b", (Candidate(1, "白米\n\u2028改行", 2, "stop"),))


def test_answers_come_back(tmp_path):
    with Journal(tmp_path / "journal.jsonl", Usage("server", "rice")) as journal:
        for answer in (FIRST, SECOND, THIRD):
            journal.add(answer)
        assert journal.seeds("a") == {1, 2, 3}
        assert journal.candidates("b") == {1: THIRD.candidates[0]}
    with Journal(tmp_path / "journal.jsonl", Usage("server", "rice")) as journal:
        assert journal.seeds("a") == {1, 2, 3}
        assert journal.candidates("a") == {
            1: FIRST.candidates[0],
            2: FIRST.candidates[1],
            3: SECOND.candidates[0],
        }
        assert journal.seeds("c") == set()


def test_a_torn_line_is_cut_off_and_zeros_are_passed_over(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path, Usage("server", "rice")) as journal:
        journal.add(FIRST)
    with path.open("ab") as f:
        f.write(b"\0\0\0\n" + b'{"key":"b","candid')
    with Journal(path, Usage("server", "rice")) as journal:
        assert journal.seeds("a") == {1, 2}
        assert journal.seeds("b") == set()
        journal.add(THIRD)
    with Journal(path, Usage("server", "rice")) as journal:
        assert journal.candidates("b") == {1: THIRD.candidates[0]}
        assert journal.candidates("a")[1].text == "精米"


def test_every_cut_of_the_file_keeps_the_whole_lines(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path, Usage("server", "rice")) as journal:
        for answer in (FIRST, SECOND, THIRD):
            journal.add(answer)
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        with Journal(path, Usage("server", "rice")) as journal:
            found = len(journal.seeds("a")) + len(journal.seeds("b"))
        assert found == [0, 2, 3, 4][whole[:end].count(b"\n")]


def test_times_and_counts_add_up_over_runs(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("generate.usage.time.monotonic", lambda: now[0])
    for number, answer in enumerate((FIRST, THIRD)):
        usage = Usage("server", "rice")
        with Journal(tmp_path / "journal.jsonl", usage) as journal:
            now[0] += 1000
            usage.start()
            now[0] += 2.0
            journal.add(answer)
        assert usage.speed() == f"0 tokens/s in, {(5 / 2, 2 / 2)[number]:.0f} out"
    job, _ = make_job(tmp_path / "work")
    usage.tell(job)
    who = {"engine": "server", "model": "rice"}
    tokens = {"tokens_in": 0, "tokens_out": 7}
    assert job.metrics["usage"] == [{**who, "answers": 3, "failed": 0, **tokens}]
    assert job.times["usage"] == [{**who, **tokens, "seconds": 4.0}]
