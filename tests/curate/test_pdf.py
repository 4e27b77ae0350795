import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.read import Files, read, tasks
from curate.reading.pdf import text_and_title
from curate.reading.pdf_layout import text_of
from curate.reading.pdf_lines import Character, Page
from seimai.errors import SeimaiError

pytest.importorskip("pypdfium2")
reportlab = pytest.importorskip("reportlab")

from reportlab.lib.pdfencrypt import StandardEncryption  # noqa: E402
from reportlab.pdfbase import pdfmetrics  # noqa: E402
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: E402
from reportlab.pdfgen.canvas import Canvas  # noqa: E402

PROSE = (
    "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。何でも薄暗いじめじめした所で"
    "ニャーニャー泣いていた事だけは記憶している。吾輩はここで始めて人間というものを見た。しかもあとで聞くと"
    "それは書生という人間中で一番獰悪な種族であったそうだ。"
)
SIZE = 11


def pdf(draw: Callable[[Canvas], None], *, vertical: bool = False, **settings: Any) -> bytes:
    """A file that `draw` writes, in a Japanese font that readers bring along."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(595, 842), **settings)
    font = UnicodeCIDFont("HeiseiMin-W3", isVertical=vertical)
    pdfmetrics.registerFont(font)
    canvas.setFont(font.fontName, SIZE)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def lines(canvas: Canvas, text: str, *, x: float = 60, y: float = 780, width: int = 30) -> float:
    """A text in lines of so many characters; the height of the next line."""
    for i in range(0, len(text), width):
        canvas.drawString(x, y, text[i : i + width])
        y -= 1.5 * SIZE
    return y


def rows(base: Path, files: str = "*") -> pl.DataFrame:
    entry = Files(files=files)
    return pl.concat([f for task in tasks(entry, base) for f in read(task, entry)])


def test_a_file_is_a_row(tmp_path: Path):
    def draw(canvas: Canvas) -> None:
        canvas.setTitle("吾輩は猫である")
        lines(canvas, PROSE)

    data = pdf(draw)
    (tmp_path / "a.pdf").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("論文/a.pdf", data)
    got = rows(tmp_path)
    assert (
        got.select("text", "title", "media", "failed").rows()
        == [(PROSE, "吾輩は猫である", "plain", None)] * 2
    )
    origins = got["origin"].to_list()
    assert [(o["file"], o["member"], o["start"], o["end"]) for o in origins] == [
        ("a.pdf", None, 0, len(data)),
        ("b.zip", "論文/a.pdf", 0, len(data)),
    ]


def test_lines_broken_inside_a_paragraph_are_joined():
    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 800, "第一章　始まり")
        y = lines(canvas, "　" + PROSE, y=770)
        y = lines(canvas, "　" + PROSE, y=y)
        canvas.drawString(60, y - 30, "・米を磨く。")
        canvas.drawString(60, y - 46, "・酒を造る。")

    text, title = text_and_title(pdf(draw))
    assert text == f"第一章　始まり\n\n　{PROSE}\n　{PROSE}\n\n・米を磨く。\n・酒を造る。"
    assert title is None


def test_vertical_text_is_read_from_right_to_left():
    def draw(canvas: Canvas) -> None:
        for i in range(0, len(PROSE), 40):
            canvas.drawString(540 - i / 2, 780, PROSE[i : i + 40])

    assert text_and_title(pdf(draw, vertical=True))[0] == PROSE


@pytest.mark.parametrize("tiers", [1, 2])
def test_vertical_text_of_single_characters(tiers: int):
    """As many layout programs write it: every character placed for itself, in a font for horizontal text."""
    text = PROSE * 4
    height = 30

    def draw(canvas: Canvas) -> None:
        columns = [text[i : i + height] for i in range(0, len(text), height)]
        in_tier = -(-len(columns) // tiers)
        for n, column in enumerate(columns):
            tier, place = divmod(n, in_tier)
            for i, c in enumerate(column):
                canvas.drawString(540 - 18 * place, 780 - tier * 360 - 11.2 * i, c)

    assert text_and_title(pdf(draw))[0] == text


def test_paragraphs_go_on_overleaf_and_furniture_goes():
    def draw(canvas: Canvas) -> None:
        for number in range(4):
            canvas.setFont("HeiseiMin-W3", SIZE)
            canvas.drawString(60, 820, "吾輩は猫である　第一章")
            lines(canvas, PROSE[number * 30 : number * 30 + 30], y=780)
            lines(canvas, PROSE[number * 30 + 30 : number * 30 + 60] if number == 3 else "", y=763)
            canvas.drawCentredString(300, 40, f"- {number + 1} -")
            canvas.showPage()

    text, _ = text_and_title(pdf(draw))
    assert "吾輩は猫である　第一章" not in text
    assert "- " not in text
    assert text.replace("\n", "") == PROSE[:150]
    assert text.count("\n") < 3


def test_western_words_and_hyphens():
    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 11)
        canvas.drawString(60, 780, "The quick brown fox jumps over the lazy dog and con-")
        canvas.drawString(60, 765, "tinues to run through fields of text in English and")
        canvas.drawString(60, 750, "stops here.")

    text, _ = text_and_title(pdf(draw))
    assert text.startswith("The quick brown fox jumps over the lazy dog and continues to run")
    assert text.endswith("fields of text in English and stops here.")


def page(*characters: tuple[str, float, float, float]) -> Page:
    """Characters with left edge, base and size."""
    return Page(tuple(Character(t, x, y, x + size, y + size) for t, x, y, size in characters), 595, 842)


def test_readings_beside_kanji_go():
    kanji = [(c, 60 + 10 * i, 700, 10) for i, c in enumerate("米を磨いて酒を造る")]
    above = [(c, 60 + 5 * i, 711, 5) for i, c in enumerate("こめ")]
    breaks = [("\n", 0, 0, 0)]
    assert text_of([page(*above, *breaks, *kanji)]) == "米を磨いて酒を造る"
    assert text_of([page(*kanji[:1], *above, *kanji[1:])]) == "米を磨いて酒を造る"


def test_forms_that_fonts_leave_are_folded():
    signs = [(c, 60 + 10 * i, 700, 10) for i, c in enumerate("⽇本の︒ﬁ﹁米﹂\x00")]
    assert text_of([page(*signs)]) == "日本の。fi「米」"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty file"),
        (b"%PDF-1.7 nothing", "no PDF, or broken"),
        (pdf(lambda canvas: canvas.rect(10, 10, 100, 100)), "no text layer (pages: 1): scanned, or empty"),
        (pdf(lambda canvas: canvas.drawString(290, 40, "- 1 -")), None),
        (
            pdf(lambda canvas: canvas.drawString(60, 700, PROSE), encrypt=StandardEncryption("secret")),
            "locked by a password",
        ),
        (
            pdf(lambda canvas: canvas.drawString(60, 700, "\ue000\ue001\ue002米")),
            "a text layer without characters",
        ),
    ],
)
def test_files_without_text_say_why(tmp_path: Path, data: bytes, why: str | None):
    (tmp_path / "a.pdf").write_bytes(data)
    got = rows(tmp_path)
    if why is None:
        assert got["failed"].to_list() == [None]
    else:
        assert got["text"].to_list() == [None]
        assert got["failed"][0].startswith(f"a.pdf: {why}")


def test_too_many_pages(monkeypatch: pytest.MonkeyPatch):
    def draw(canvas: Canvas) -> None:
        for _ in range(5):
            canvas.drawString(60, 700, "米")
            canvas.showPage()

    monkeypatch.setattr("curate.reading.pdf.PAGES", 3)
    with pytest.raises(ValueError, match="more than 3 pages"):
        text_and_title(pdf(draw))


def test_a_missing_library_is_the_user_s_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SeimaiError, match=r"a.pdf is a PDF file, and reading those needs: pip install"):
        rows(tmp_path)


WHOLE = pdf(
    lambda canvas: [lines(canvas, PROSE), canvas.showPage(), canvas.drawString(60, 700, "二ページ")][0]
)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damage_is_a_row(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    base = tmp_path_factory.mktemp("any")
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(0, 20))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    (base / "a.pdf").write_bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    got = rows(base)
    assert got.filter(pl.col("text").is_null() & pl.col("failed").is_null()).is_empty()


@given(
    st.lists(
        st.tuples(
            st.sampled_from("米ab　\n\r\x02 ゜"), st.floats(0, 600), st.floats(0, 800), st.floats(0, 30)
        )
    )
)
def test_no_layout_stops_it(characters: list[tuple[str, float, float, float]]):
    text_of([page(*characters), page(*characters[:5])])


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_turned_pages_are_read_upright(turned: int):
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(turned)
        canvas.translate(*{0: (0, 0), 90: (595, 0), 180: (595, 842), 270: (0, 842)}[turned])
        canvas.rotate(turned)
        lines(canvas, "　" + PROSE, y=560)
        canvas.drawString(60, 450, "別の段落。")

    assert text_and_title(pdf(draw))[0] == f"　{PROSE}\n\n別の段落。"
