"""A session's report: one HTML file in Japanese and English, which needs nothing and reaches nowhere.

It holds neither texts of pairs nor comments, keys or addresses: names of reviewers only where asked for.
"""

from collections.abc import Iterable, Sequence
from html import escape

from label.trust.alpha import Alpha
from label.trust.disagreement import Disagreement
from label.trust.drawing import COLOURS, bars, courses, intervals
from label.trust.findings import findings
from label.trust.kappa import Kappa
from label.trust.session import Reviewer, Session
from label.trust.text import both
from label.verdict import KINDS
from seimai.interval import Share

MOST = 200
"""Pairs listed for the adjudicator; the number of all is said."""

STYLE = """
body{font:15px/1.6 'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic','Meiryo',sans-serif;
margin:1.5rem auto;max-width:60rem;padding:0 1rem;color:#222;overflow-wrap:anywhere}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ddd}
table{border-collapse:collapse;margin:.6rem 0}td,th{padding:.25rem .7rem;border-bottom:1px solid #e5e5e5}
th{text-align:left;font-weight:600}td{overflow-wrap:normal}td.n{text-align:right;font-variant-numeric:tabular-nums}
.note{color:#555;font-size:.9rem}.look{color:#9a3412}svg{max-width:100%;height:auto}
.wide{overflow-x:auto}.key i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}
#en:checked~main [lang=ja],#ja:checked~main [lang=en]{display:none}
"""


def page(session: Session) -> str:
    """The whole file."""
    title = both("ラベル付けの信頼性", "How far this labelling session can be trusted")
    body = "".join((*_summary(session), *_reviewers(session), *_biases(session), *_pairs(session)))
    return (
        '<!doctype html><html lang="ja"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src '
        "'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width"><title>seimai label report</title>'
        f"<style>{STYLE}</style></head><body>"
        '<input type="radio" name="language" id="ja" checked><label for="ja">日本語</label> '
        '<input type="radio" name="language" id="en"><label for="en">English</label>'
        f"<main><h1>{title}</h1>{body}</main></body></html>\n"
    )


def _summary(s: Session) -> Iterable[str]:
    yield "<p>" + both(
        f"{s.pairs:,} 組に {len(s.reviewers)} 人が {s.answers:,} 件回答"
        f"（{s.first[:16]} から {s.last[:16]}、UTC）",
        f"{len(s.reviewers)} reviewers gave {s.answers:,} answers to {s.pairs:,} pairs "
        f"({s.first[:16]} to {s.last[:16]}, UTC)",
    )
    yield "</p>" + _head("見ておくべきこと", "What to look at") + "<ul>"
    found = findings(s) or [both("特にありません。", "Nothing stands out.")]
    yield "".join(f'<li class="look">{sentence}</li>' for sentence in found) + "</ul>"
    yield _head("一致", "Agreement")
    rows = [
        (
            both("同じ組への二つの回答が同じ割合", "Two answers to the same pair are the same"),
            _share(s.agreed),
        ),
        (both("クリッペンドルフの α（名義）", "Krippendorff's alpha, nominal"), _alpha(s.nominal)),
        (both("クリッペンドルフの α（順序）", "Krippendorff's alpha, ordinal"), _alpha(s.ordinal)),
    ]
    yield _table((), rows)
    yield _note(
        "括弧内は 95% 区間。α は 1 で完全な一致、0 で偶然と同じ。0.8 以上なら信頼でき、0.667 未満では"
        "結論を出さないのが目安（Krippendorff 2004）。好みの判断では低くなりがちで、InstructGPT の"
        "作業者同士の一致は約 73% でした。",
        "In brackets: 95 % intervals. Alpha is 1 for perfect agreement and 0 for chance; 0.8 is reliable, "
        "below 0.667 draw no conclusions (Krippendorff 2004). Preferences come out lower: InstructGPT's "
        "labellers agreed 73 % of the time.",
    )
    yield _head("組ごとの結論（多数決）", "Verdicts of the majority")
    yield bars([("", [s.verdicts[kind] for kind in KINDS])])
    yield _key(
        ("元の chosen", "came as chosen"),
        ("元の rejected", "came as rejected"),
        ("同じくらい", "tie"),
        ("どちらも不可", "both bad"),
    )


def _reviewers(s: Session) -> Iterable[str]:
    yield _head("レビュアー", "Reviewers")
    heads = (
        both("名前", "name"),
        both("回答", "answers"),
        both("推定正答率", "reliability"),
        both("正解付きの組", "gold pairs"),
        both("中央値（秒）", "median seconds"),
        both("読めない速さ", "too fast to read"),
        both("休憩", "breaks"),
    )
    yield _table(heads, [_reviewer(r) for r in s.reviewers])
    yield _note(
        "推定正答率は Dawid-Skene 法による推定で、正解ではなく互いの一致から求めます。読めない速さは、"
        "前の提出からの時間が毎分 1,000 字でも読み切れない回答の割合。",
        "Reliability is estimated by Dawid and Skene's model, from how reviewers agree, not from known "
        "answers. Too fast to read: the share of answers that came sooner after the one before than the pair "
        "can be read at 1,000 characters a minute.",
    )
    gold = [(r.name, r.gold) for r in s.reviewers if r.gold]
    if gold:
        yield _head("正解付きの組での正答率", "Right answers on gold pairs") + intervals(gold)
    if s.kappas:
        yield _head("二人ずつの一致（コーエンの κ）", "Agreement two by two (Cohen's kappa)") + _kappas(
            s.kappas
        )
    drift = [(r.name, r.drift.thirds) for r in s.reviewers if r.drift]
    if drift:
        yield _head("他の人との一致の推移", "Agreement with the others over time") + courses(drift)
        yield _note(
            "各人の回答の最初・中ほど・最後の三分の一。0% から 100%。",
            "First, middle and last third of each reviewer's answers, from 0 to 100 %.",
        )


def _reviewer(r: Reviewer) -> tuple[str, ...]:
    pace = r.pace
    return (
        escape(r.name),
        f"{r.answers.total():,}",
        f"{r.reliability:.0%}",
        _share(r.gold),
        f"{pace.median:.0f}" if pace else "–",
        f"{pace.hurried.share:.0%}" if pace and pace.hurried else "–",
        f"{pace.breaks}" if pace else "–",
    )


def _biases(s: Session) -> Iterable[str]:
    yield _head("位置の偏り：A を選んだ割合", "Position bias: share of A")
    rows = [(r.name, r.position) for r in s.reviewers if r.position]
    yield intervals([*rows, *([("Σ", s.position)] if s.position else [])], half=True)
    yield _note(
        "A と B の並びは無作為なので、偏りがなければ半分です。Σ は全員。",
        "Sides are random, so half is no bias. Σ: all reviewers.",
    )
    yield bars([(r.name, [r.answers[k] for k in ("a", "b", "tie", "both_bad")]) for r in s.reviewers])
    yield _key(("A", "A"), ("B", "B"), ("同じくらい", "tie"), ("どちらも不可", "both bad"))
    if s.bands:
        yield _head("長さの偏り：長いほうを選んだ割合", "Length bias: share of the longer response")
        names = [f"× {b.least:g}–{b.below:g}" if b.below < 1e9 else f"× {b.least:g}–" for b in s.bands]
        yield intervals([(n, b.longer) for n, b in zip(names, s.bands, strict=True)], half=True)
        yield _note(
            "長さの比ごと。長い回答が実際に良いこともあるので、半分を超えてもすぐに偏りとは言えません。",
            "By how many times as long. The longer response may be the better one: more than half is not yet "
            "a bias.",
        )


def _pairs(s: Session) -> Iterable[str]:
    yield _head("裁定に回す組", "Pairs for an adjudicator")
    count = len(s.disagreements)
    yield "<p>" + both(
        f"{s.pairs:,} 組のうち {count:,} 組。確信の低い順。",
        f"{count:,} of {s.pairs:,}, the least sure first.",
    )
    heads = (
        both("組", "pair"),
        both("理由", "why"),
        *(escape(k) for k in KINDS),
        both("最も確からしい", "likeliest"),
    )
    listed = s.disagreements[:MOST]
    yield "</p>" + (_table(heads, [_pair(d) for d in listed]) if listed else "")


def _pair(d: Disagreement) -> tuple[str, ...]:
    words = {"no_majority": both("過半数なし", "no majority"), "unsure": both("不確か", "unsure")}
    why = both("・", ", ").join(words[w] for w in d.why)
    return escape(d.pair), why, *(str(d.votes[k]) for k in KINDS), f"{escape(d.likeliest)} {d.posterior:.0%}"


def _kappas(kappas: Sequence[Kappa]) -> str:
    heads = (
        both("二人", "pair of reviewers"),
        both("共通の組", "shared"),
        both("一致", "agreed"),
        both("κ（95% 区間）", "kappa (95 %)"),
    )
    rows = [
        (
            escape(f"{k.first} · {k.second}"),
            f"{k.shared:,}",
            f"{k.agreed:.0%}",
            "–" if k.value is None else f"{k.value:.2f} ({k.low:.2f}–{k.high:.2f})",
        )
        for k in kappas
    ]
    return _table(heads, rows)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "<tr>" + "".join(f"<th>{h}</th>" for h in heads) + "</tr>" if heads else ""
    cells = ("".join(f"<td{' class=n' if i else ''}>{c}</td>" for i, c in enumerate(row)) for row in rows)
    body = "".join(f"<tr>{row}</tr>" for row in cells)
    return f'<div class="wide"><table>{head}{body}</table></div>'


def _share(share: Share | None) -> str:
    return "–" if share is None else f"{share.share:.0%} ({share.low:.0%}–{share.high:.0%})"


def _alpha(alpha: Alpha | None) -> str:
    return "–" if alpha is None else f"{alpha.value:.2f} ({alpha.low:.2f}–{alpha.high:.2f})"


def _key(*names: tuple[str, str]) -> str:
    marks = (f'<i style="background:{c}"></i>{both(*n)}' for c, n in zip(COLOURS, names, strict=True))
    return f'<p class="note key">{"".join(marks)}</p>'


def _head(ja: str, en: str) -> str:
    return f"<h2>{both(ja, en)}</h2>"


def _note(ja: str, en: str) -> str:
    return f'<p class="note">{both(ja, en)}</p>'
