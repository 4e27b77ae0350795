from pathlib import Path

import pytest

from seimai.errors import SeimaiError
from seimai.places import Places, load, name_of, nearest


def _message(path: Path) -> str:
    with pytest.raises(SeimaiError) as raised:
        load(path)
    return str(raised.value)


def _write(folder: Path, text: str | bytes) -> Path:
    path = folder / "r.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_plain_data_and_the_line_of_every_key(tmp_path):
    path = _write(
        tmp_path, "seed: 3\ncorpus:\n  from: {files: 'a/*'}\n  steps:\n    - x.y\n    - x.z: {k: 0.5}\n"
    )
    data, places = load(path)
    assert data == {"seed": 3, "corpus": {"from": {"files": "a/*"}, "steps": ["x.y", {"x.z": {"k": 0.5}}]}}
    assert type(data["corpus"]) is dict
    assert type(data["corpus"]["from"]["files"]) is str
    assert type(data["corpus"]["steps"][1]["x.z"]["k"]) is float
    assert places.lines["corpus", "steps", 1] == 6
    assert places.lines["corpus", "steps", 1, "x.z", "k"] == 6


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path):
    assert load(_write(tmp_path, b"\xef\xbb\xbfseed: 1\n"))[0] == {"seed": 1}


def test_an_anchor_used_twice_has_a_place_in_both(tmp_path):
    data, places = load(_write(tmp_path, "a: &l {k: 1}\nb: *l\nc:\n  <<: *l\n  m: 2\n"))
    assert data == {"a": {"k": 1}, "b": {"k": 1}, "c": {"k": 1, "m": 2}}
    assert places.lines["b", "k"] == 1


def test_an_error_names_the_nearest_known_place():
    places = Places(Path("r.yaml"), {(): 1, ("a",): 2, ("a", "steps"): 4})
    assert str(places.error(("a", "steps", 0, "x"), "wrong")) == "r.yaml:4: a.steps[0].x: wrong"
    assert str(places.error((), "wrong")) == "r.yaml:1: wrong"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("a: 1\na: 2\n", ':2: not valid YAML: found duplicate key "a" with value "2" (original value: "1")'),
        ("a:\n  from: x\n steps: []\n", ":3: not valid YAML: did not find expected <block end>"),
        ("a: [1, 2\nb: 3\n", ":2: not valid YAML: did not find expected ',' or ']'"),
        ("a:\n\t- b\n", ":2: not valid YAML: found character '\\t' that cannot start any token"),
        ("a: 1\n---\nb: 2\n", ":2: not valid YAML: but found another document"),
    ],
)
def test_broken_yaml_names_the_line(tmp_path, text, end):
    path = _write(tmp_path, text)
    message = _message(path)
    assert message.startswith(f"{path}{end.partition(': ')[0]}: not valid YAML: "), message
    assert "\n" not in message


def test_a_file_that_is_not_there_is_a_folder_or_is_not_utf_8(tmp_path):
    assert _message(tmp_path / "x.yaml") == f"{tmp_path / 'x.yaml'}: no such file"
    assert _message(tmp_path) == f"{tmp_path} is a folder; name the recipe file in it"
    shift_jis = _write(tmp_path, "名前: 米\n".encode("cp932"))
    assert _message(shift_jis).startswith(f"{shift_jis}: cannot be read: 'utf-8' codec can't decode")


@pytest.mark.parametrize("text", ["a: \x01\n", "a: *nowhere\n"])
def test_odd_yaml_is_one_sentence(tmp_path, text):
    assert "not valid YAML" in _message(_write(tmp_path, text))


def test_names_and_hints():
    assert name_of(("a", "steps", 2, "curate.length", "min")) == "a.steps[2].curate.length.min"
    assert nearest("min_char", ["min_chars", "max_chars"]) == "; did you mean 'min_chars'?"
    assert nearest("zzz", ["b", "a"]) == "; choose from a, b"
    assert nearest("zzz", [f"k{n}" for n in range(30)]) == ""
    assert nearest("zzz", []) == ""
