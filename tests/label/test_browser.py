"""A reviewer labels in a real browser: by mouse, by keyboard, with hostile texts on the page."""

import json
import shutil

import pytest

from label.client import Argilla
from label.review import Review
from label.sides import on_the_left
from seimai.errors import Waiting

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium and fonts-noto-cjk"),
]

HOSTILE = [
    "<script>parent.hacked = 1</script><b>太字</b>",
    "</script><script>parent.hacked = 2</script><!--",
    "{{{record.fields}}} {{json record}} {{#each}}",
    '<img src=x onerror="parent.hacked = 3">&lt;i&gt;',
    "$' $& $` $$ #TEMPLATE# #RECORD_OBJECT#",
    '</div></textarea><iframe srcdoc="x"></iframe>\\u003cscript>\u2028\u2029',
]

LONG = (
    "日本で一番高い山は**富士山**です。標高は3,776メートルで、静岡県と山梨県にまたがっています。"
    "2013年に世界文化遺産に登録されました。\n\n- 標高: 3776 m\n- 活火山\n- 登山は7月から9月\n"
)

SPARE = "window.innerHeight - document.querySelector('.seimai').getBoundingClientRect().bottom"


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def session(tmp_path, served, job_in, rows_of, make_pairs, monkeypatch):
    """Pairs waiting in Argilla, and what is needed to go on."""
    monkeypatch.setenv("SEIMAI_ARGILLA_API_KEY", served.api_key)

    def push(*texts: tuple[str, str, str]):
        frame = make_pairs(*texts)
        rows, job = rows_of(tmp_path, frame), job_in(tmp_path / "work")
        with pytest.raises(Waiting) as waiting:
            list(Review(server=served.url).rewrite(rows, job))
        url = str(waiting.value).split(" at ")[1].split(";")[0]
        return frame, rows, job, url

    return push


def signed_in(browser, served, account, url: str):
    """A page with the dataset open, as a reviewer of our workspace; foreign hosts are watched."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ja-JP")
    page = context.new_page()
    page.outside = []
    page.on("requestfinished", lambda r: r.url.startswith(served.url) or page.outside.append(r.url))
    page.goto(f"{served.url}/sign-in")
    page.fill("input[type=text]", account.name)
    page.fill("input[type=password]", account.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda found: "sign-in" not in found)
    page.goto(url)
    page.frame_locator("iframe").locator(".answers").wait_for()
    page.locator("text=どちらの回答が良いですか").first.wait_for()
    return page


def answers(owner: Argilla, url: str) -> dict[str, dict]:
    dataset = url.split("/dataset/")[1].split("/")[0]
    return {
        record["external_id"]: response
        for record in owner.records(dataset)
        for response in record.get("responses") or []
        if response["status"] == "submitted"
    }


def shown_pair(page) -> str:
    """The prompt on the screen."""
    return page.frame_locator("iframe").locator(".turn .text").first.inner_text()


def submit(page, act) -> None:
    with page.expect_response(lambda r: r.url.endswith("/responses") and r.request.method == "POST") as reply:
        act()
    assert reply.value.status == 201


def after(page, before: str) -> str:
    """The next prompt, once the page shows it."""
    text = page.frame_locator("iframe").locator(".turn .text").first
    for _ in range(100):
        if text.count() and text.inner_text() != before:
            return text.inner_text()
        page.wait_for_timeout(100)
    raise AssertionError("the page shows no next pair")


def test_mouse_and_keyboard(tmp_path, browser, served, reviewer, session) -> None:
    texts = [(f"富士山について説明してください。{i}", LONG, f"北岳だと思います。{i}") for i in range(5)]
    frame, rows, job, url = session(*texts)
    ids = dict(zip([text[0] for text in texts], frame["id"], strict=True))
    page = signed_in(browser, served, reviewer(), url)
    page.screenshot(path=tmp_path / "review.png")
    for width in (620, 1440):  # the texts wrap anew, and the frame, which cannot scroll, follows
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(300)
        spare = page.frames[-1].evaluate(SPARE)
        assert 0 <= spare < 40
    assert not page.locator("text=A").locator("xpath=../input[@checked]").count()  # nothing is preselected

    expected = {}
    first = shown_pair(page)
    page.locator("label", has_text="どちらも不可").first.click()
    page.wait_for_timeout(500)
    page.screenshot(path=tmp_path / "chosen.png")
    submit(page, lambda: page.locator("button[type=submit]").click(timeout=5000))
    expected[ids[first]] = "both_bad"

    second = after(page, first)
    page.keyboard.press("2")
    submit(page, lambda: page.keyboard.press("Enter"))
    expected[ids[second]] = "b"

    # A click inside the frame must leave the keyboard to Argilla's shortcuts.
    third = after(page, second)
    page.frame_locator("iframe").locator(".answer .text").last.click()
    page.keyboard.press("1")
    submit(page, lambda: page.keyboard.press("Enter"))
    expected[ids[third]] = "a"

    fourth = after(page, third)
    page.keyboard.press("3")
    submit(page, lambda: page.keyboard.press("Enter"))
    expected[ids[fourth]] = "tie"
    fifth = after(page, fourth)
    page.keyboard.press("1")
    submit(page, lambda: page.keyboard.press("Enter"))
    expected[ids[fifth]] = "a"

    with Argilla.connect(served.url) as owner:
        given = {pair: r["values"]["better"]["value"] for pair, r in answers(owner, url).items()}
    assert given == expected
    assert page.outside == []
    (result,) = Review(server=served.url).rewrite(rows, job)
    for pair, reason, votes in result.select("id", "reason", "votes").iter_rows():
        answer = expected[pair]
        assert reason == (answer if answer in ("tie", "both_bad") else None)
        if answer in ("a", "b"):
            left = on_the_left(pair, job.seed)
            other = "rejected" if left == "chosen" else "chosen"
            assert json.loads(votes)[left if answer == "a" else other] == 1
    page.context.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_response_stays_text(text, browser, served, reviewer, session) -> None:
    *_, url = session((f"問い{text}", text, f"良い答え{text}"))
    page = signed_in(browser, served, reviewer(), url)
    page.wait_for_timeout(500)
    assert page.evaluate("window.hacked") is None
    frame = page.frame_locator("iframe")
    assert frame.locator(".turn .text").text_content() == f"問い{text}"
    both = {part.text_content() for part in frame.locator(".answer .text").all()}
    assert both == {text, f"良い答え{text}"}
    assert frame.locator(".seimai img, .seimai iframe, .seimai b, .seimai pre, .seimai script").count() == 0
    page.context.close()
