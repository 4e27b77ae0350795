import pytest
from pydantic import Field

from seimai.errors import SeimaiError
from seimai.find import all_steps, kind_of_step, module_paths, references, step_class
from seimai.step import Ref, Training


def _message(path: str) -> str:
    with pytest.raises(SeimaiError) as raised:
        step_class(path)
    return str(raised.value)


def test_a_users_step_is_found_by_the_path_of_its_module():
    cls = step_class("mycompany.steps.shout")
    assert (cls.__name__, cls.path(), kind_of_step(cls)) == ("Shout", "mycompany.steps.shout", "transform")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("loud", "filter"), ("twins", "selection"), ("halves", "rewrite"), ("counter", "training")],
)
def test_kinds(name, kind):
    assert kind_of_step(step_class(f"mycompany.steps.{name}")) == kind


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("curate.normalise", "unknown step 'curate.normalise'; did you mean 'curate.normalize'?"),
        ("normalize", "unknown step 'normalize'; did you mean 'curate.normalize'?"),
        (
            "mycompany.steps.shuot",
            "unknown step 'mycompany.steps.shuot'; did you mean 'mycompany.steps.shout'?",
        ),
        (
            "mycompany.steps.two",
            "module 'mycompany.steps.two' must define exactly one step class; it defines First, Second",
        ),
        ("json", "module 'json' must define exactly one step class; it defines none"),
    ],
)
def test_what_is_no_step(path, message):
    assert _message(path) == message


@pytest.mark.parametrize("path", ["", ".", "..", "curate.", ".length", "no such thing", "a..b"])
def test_odd_paths_are_unknown_steps(path):
    assert _message(path).startswith(f"unknown step {path!r}")


def test_a_missing_package_is_named_with_its_remedy(tmp_path, monkeypatch):
    (tmp_path / "needy").mkdir()
    (tmp_path / "needy" / "step.py").write_text("import a_package_that_nobody_has\n")
    (tmp_path / "needy" / "trains.py").write_text("raise ModuleNotFoundError('no trl', name='trl.trainer')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert _message("needy.step") == (
        "step 'needy.step' needs the package 'a_package_that_nobody_has', which is missing: "
        "pip install a_package_that_nobody_has"
    )
    assert _message("needy.trains").endswith("which is missing: pip install 'seimai[train]'")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def (:\n", "SyntaxError"),
        ("from polars import no_such_name\n", "ImportError"),
        ("1 / 0\n", "ZeroDivision"),
    ],
)
def test_a_module_that_breaks_while_it_is_imported(tmp_path, monkeypatch, code, words):
    name = f"broken_{words.lower()}"
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    message = _message(name)
    assert message.startswith(f"step {name!r} cannot be imported: ")
    assert words in message


def test_paths_are_listed_without_importing(tmp_path, monkeypatch):
    (tmp_path / "lazy").mkdir()
    (tmp_path / "lazy" / "one.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "lazy.one" in module_paths("lazy.tow")
    assert "curate.normalize" in module_paths()


def test_all_steps_are_listed_once_stage_by_stage():
    paths = [cls.path() for cls in all_steps()]
    assert "curate.normalize" in paths
    assert len(paths) == len(set(paths))
    assert not [p for p in paths if p.partition(".")[0] not in ("curate", "generate", "label", "train")]


class _Uses(Training):
    one: Ref
    maybe: Ref | None = None
    many: list[Ref] = Field(default=[])
    word: str = "x"

    def train(self, rows, job):
        return {}


def test_references_are_the_ref_parameters_that_are_set():
    assert references(_Uses(one="base")) == {"one": ["base"]}
    assert references(_Uses(one="a", maybe="b", many=["c", "d"], word="z")) == {
        "one": ["a"],
        "maybe": ["b"],
        "many": ["c", "d"],
    }
