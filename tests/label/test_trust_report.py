"""The report: what a manager reads, and what must not be in it."""

from html.parser import HTMLParser

import pytest
from typer.testing import CliRunner

from label.commands import app
from label.pull import Response, write_capture
from label.trust.page import page
from label.trust.session import measure

HOSTILE = '</span><script>alert(1)</script><img src=x onerror="alert(2)">&amp;'


class Read(HTMLParser):
    """Tags, attributes and texts of a page; the two languages' texts apart."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data) -> None:
        self.text += data


def session(reviewers: tuple[str, ...] = ("佐藤", "鈴木"), *, pair: str = "p") -> list[Response]:
    """The second reviewer presses A whatever is there, every second."""
    return [
        Response(
            f"{pair}{i:02}",
            reviewer,
            "a" if k or i % 2 else "b",
            "秘密のコメント",
            f"2026-11-02T09:{i:02}:0{k}",
            "chosen",
        )
        for i in range(40)
        for k, reviewer in enumerate(reviewers)
    ]


def test_it_says_what_stands_out_in_both_languages() -> None:
    found = page(measure(session()))
    assert "R2：A を選ぶ割合が 100% です。" in found
    assert "R2: 100% of the choices are A." in found
    assert "R1：" not in found
    assert found.count('lang="ja">') == found.count('lang="en">') + 1, "the page itself is Japanese"


def test_names_and_comments_stay_out_unless_asked_for() -> None:
    found = page(measure(session()))
    assert "佐藤" not in found
    assert "秘密" not in found
    assert "佐藤" in page(measure(session(), names=True))


def test_every_text_is_escaped_and_nothing_is_fetched() -> None:
    read = Read()
    found = page(measure(session((HOSTILE, "b")), names=True))
    read.feed(found + page(measure(session(pair=HOSTILE))))
    assert not {"script", "img", "link", "iframe"} & set(read.tags)
    assert not {"src", "href", "onerror", "onclick"} & set(read.attributes)
    assert "url(" not in found
    assert HOSTILE in read.text


def test_a_session_of_one_answer_has_a_report() -> None:
    found = page(measure([Response("p", "r", "both_bad", None, "", "chosen")]))
    assert "Agreement cannot be measured" in found


def test_the_command_writes_the_file(tmp_path) -> None:
    capture, out = tmp_path / "pairs.answers.jsonl", tmp_path / "report.html"
    write_capture(capture, session())
    (tmp_path / "gold.jsonl").write_text('{"pair": "p00", "answer": "rejected"}\n', "utf-8")
    command = ["report", str(capture), "--gold", str(tmp_path / "gold.jsonl"), "--out", str(out)]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert done.output.startswith("80 answers to 40 pairs, alpha ")
    assert "100% (21%–100%)" in out.read_text("utf-8")
    missing = CliRunner().invoke(app, ["report", str(tmp_path / "none.jsonl")])
    assert "is no file of captured answers" in str(missing.exception)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_browser_shows_one_language_and_runs_nothing(language, tmp_path) -> None:
    import shutil

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Debian's chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    path = tmp_path / "report.html"
    path.write_text(page(measure(session((HOSTILE, "b")), names=True)), "utf-8")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
        opened = browser.new_page(viewport={"width": 400, "height": 800})
        alerts: list[str] = []
        opened.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        opened.goto(path.as_uri())
        opened.click(f"label[for={language}]")
        assert opened.is_visible(f"h1 [lang={language}]")
        assert opened.is_hidden(f"h1 [lang={'en' if language == 'ja' else 'ja'}]")
        assert opened.evaluate("document.documentElement.scrollWidth") <= 400, "fits a narrow window"
        browser.close()
    assert alerts == []
