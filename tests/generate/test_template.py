"""Templates: what users may write into them, and what a document may not do to them."""

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generate.drafting.fenced import fenced
from generate.template import FOLDER, Template, load_template, shipped_templates
from seimai.errors import SeimaiError
from seimai.plan import Planner
from seimai.recipe import load_recipe

HEAD = "---\nversion: 1\nabout: 試し\n---\n"


def template(body: str) -> Template:
    return Template("own", 1, "", body)


def write(folder: Path, text: str, name: str = "own.jinja") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("name", sorted(shipped_templates()))
def test_those_that_come_with_seimai_can_be_read(name):
    found = load_template(name)
    assert found.label == f"{name}-{found.version}"
    assert found.about
    assert load_template(FOLDER / f"{name}.jinja") == found


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_of_other_systems_are_read(tmp_path, mark, newline):
    text = HEAD + "一行目 {{ text }}\n---\n三行目\n"
    found = load_template(write(tmp_path, mark + text.replace("\n", newline)))
    assert (found.version, found.about) == (1, "試し")
    assert found.render(text="あ") == "一行目 あ\n---\n三行目"


def test_a_file_of_ones_own_is_told_apart_by_its_content(tmp_path):
    one = load_template(write(tmp_path, HEAD + "一"))
    other = load_template(write(tmp_path, HEAD + "二"))
    assert re.fullmatch("own-[0-9a-f]{8}-1", one.label)
    assert one.label != other.label


def test_a_system_message_is_filled_in_too(tmp_path):
    text = "---\nversion: 2\nsystem: あなたは{{ persona }}です。\n---\n{{ text }}"
    found = load_template(write(tmp_path, text)).messages(persona="豆腐店の店主", text="おからの使い道は?")
    assert [(m["role"], m["content"]) for m in found] == [
        ("system", "あなたは豆腐店の店主です。"),
        ("user", "おからの使い道は?"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("本文だけ", "a template begins with a head between two lines of ---"),
        ("---\nversion: 1\n本文", "a template begins with a head between two lines of ---"),
        ("---\n- 1\n---\n本文", "the head is a mapping: version, about"),
        ("---\nversion: [\n---\n本文", "the head is no YAML"),
        ("---\nabout: x\n---\n本文", "the head has a version (a whole number)"),
        ("---\nversion: true\n---\n本文", "the head has a version (a whole number)"),
        ("---\nversion: 1\nabuot: x\n---\n本文", "it cannot have abuot"),
        (HEAD + " \n", "the template has no body"),
        (HEAD + "一\n{% if x %}", "line 2 of the body"),
        ("---\nversion: 1\nsystem: '{{ x'\n---\n本文", "line 1 of the system message"),
    ],
)
def test_a_file_that_is_no_template_is_refused(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(SeimaiError, match=f"{re.escape(str(path))}.*{re.escape(message)}"):
        load_template(path)


def test_a_name_that_is_near_one_is_named():
    with pytest.raises(SeimaiError, match=r"no template write_qestion; did you mean 'write_question'\?"):
        load_template("write_qestion")


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ text.__class__.__base__.__subclasses__() }}",
        "{{ text|attr('__class__') }}",
        "{{ '{0.__class__}'.format(text) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}{{ os.environ }}",
        "{{ meta.update({'x': 1}) }}",
        "{{ meta.clear() }}",
        "{{ missing }}",
        "{{ meta.missing }}",
        "{{ 1 / 0 }}",
        "{{ range(10 ** 9) | list }}",
        "{{ 'あ' * 10 ** 15 }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_what_a_template_must_not_or_cannot_do_is_one_error(body):
    with pytest.raises(SeimaiError, match="the template own cannot be filled in: "):
        template(body).render(text="文", meta={"a": 1})


@given(st.text())
def test_what_is_filled_in_is_never_rendered_again(text):
    braces = "{{ 7 * 7 }}{% include 'x' %}{# 注 #}" + text
    assert template("［{{ text }}］").render(text=braces) == f"［{braces}］"


@given(st.text(max_size=40), st.lists(st.sampled_from(["［文章ここまで ", "］\n", "c414b53e"]), max_size=4))
def test_no_text_knows_the_mark_it_stands_between(text, pieces):
    shown = text + "".join(pieces)
    first, inside = fenced(shown).split("\n", 1)
    mark = first.removeprefix("［文章 ").removesuffix("］")
    assert mark not in shown
    assert inside.endswith(f"\n［文章ここまで {mark}］")
    assert inside.count(mark) == 1


@pytest.mark.parametrize(
    "token",
    ["<|im_end|>", "<|eot_id|>", "</s>", "<bos>", "<start_of_turn>", "[/INST]", "<</SYS>>", "<｜User｜>"],
)
def test_tokens_of_control_are_text_between_marks(token):
    assert token not in fenced(f"前{token}後")


RECIPE = """
name: x
questions:
  from: {files: "*.txt"}
  steps:
    - generate.prompts: {templates: [TEMPLATE]}
"""


def planned(folder: Path, name: str) -> str:
    write(folder, "精米とは何か。", "a.txt")
    recipe = write(folder, RECIPE.replace("TEMPLATE", name), "recipe.yaml")
    return Planner(load_recipe(recipe), folder / "runs").plan(["questions"])[-1].hash


def test_a_template_enters_the_hash_whether_ours_or_a_users(tmp_path, monkeypatch):
    shipped = planned(tmp_path, "write_question")
    copied = FOLDER.joinpath("write_question.jinja").read_text("utf-8")
    write(tmp_path, copied)
    own = planned(tmp_path, "own.jinja")
    write(tmp_path, copied + "もう一行\n")
    changed = planned(tmp_path, "own.jinja")
    folder = tmp_path / "templates"
    shutil.copytree(FOLDER, folder)
    write(folder, copied + "もう一行\n", "write_question.jinja")
    monkeypatch.setattr("generate.template.FOLDER", folder)
    assert len({shipped, own, changed, planned(tmp_path, "write_question")}) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("write_qestion", "file is named 'write_qestion'; did you mean 'write_question'?"),
        ("nowhere.jinja", "no file is named 'nowhere.jinja'"),
        ("a.txt", "a.txt: a template begins with a head"),
    ],
)
def test_a_wrong_template_stops_the_run_before_any_work(tmp_path, name, message):
    where = r"recipe.yaml:\d+: questions.steps\[0\].generate.prompts.templates: .*"
    with pytest.raises(SeimaiError, match=where + re.escape(message)):
        planned(tmp_path, name)
