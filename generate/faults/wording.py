"""How a response is worded: its language, its end, repetition, rubbish, tone.

Each function gives a severity from 0 (nothing wrong) to 1.
"""

import re
import unicodedata
from collections import Counter

from generate.faults.exchange import ITEM, KANA, Exchange
from generate.faults.personal_data import asks, declines

KANJI = re.compile(r"[㐀-䶿一-鿿々]")
LETTERS = re.compile(r"[^\W\d_]")
OTHER_LANGUAGE = re.compile(
    r"(?:英|中国|韓国|フランス|ドイツ|スペイン|イタリア|ロシア|ポルトガル|外国)語(?:で|に|へ|の(?:文|メール))"
    r"|英訳|英文|英単語|翻訳|ローマ字|和訳|(?i:in english|translate)"
)
POLITE = re.compile(
    r"(?:です|ます|ません|ました|でした|でしょう|ましょう|ください|ございます|下さい)(?:か|ね|よ|が)*"
)
ASKS_BRIEFLY = re.compile(
    r"一言|ひとこと|一語|単語|はいか|[○〇]か|だけ(?:を)?(?:答|書|出力|返)|のみ|標語|俳句|題名|タイトル|キャッチコピー"
    r"|[0-9０-９一-十百]+(?:文)?字(?:以内|以下|程度)|何(?:人|個|回|年|月|日|歳|番|円|度|時|曜日)|どちら|どっち|計算|いくつ"
)
QUOTED = re.compile(r"「[^」]*」|『[^』]*』")
RUDE = re.compile(
    r"(?:しろ|やめろ|切れ|来い|行け|聞け|訴えろ|帰れ|捨てろ|調べろ|するな|聞くな|壊すな)よ?[。！!]|(?:だろ|んだよ)[。！!]"
    r"|[ばバ][かカ](?:[。！!じだ]|やろう)|馬鹿|ぼけ[。！!]|あほ|うるさい|自業自得|非常識|恥ずかしくない|だらしな|さぼる"
    r"|自分で(?:やって|調べ|考え)[^。]{0,3}[。！]|(?:悪い|せい|失敗|雑だから|だけ)(?:なん|ん)?(?:でしょう|だろう)[。！]?"
    r"|悪いんで|決まってる(?:じゃ|でし)|知らないんですか|子ども(?:じゃない|でも)"
    r"|(?:いちいち|文句)[^。]{0,4}(?:聞|言)わ?|いい加減に|面倒な(?:ん|の)で|迷惑な(?:ん|の)|どうせ|あなた(?:が悪い|の使い方が)"
)
SHORT, LONG, TOO_LONG = 30, 3000, 8000
"""Characters: a short Japanese sentence, and about two and five pages."""


def ramp(value: float, good: float, bad: float) -> float:
    """0 at `good`, 1 at `bad`, straight between them.

    >>> ramp(0.3, good=0.5, bad=0.1)
    0.5
    """
    return round(min(1.0, max(0.0, (value - good) / (bad - good))), 6)


def not_japanese(e: Exchange) -> float:
    """A Japanese prompt that asks for no other language, answered in one.

    Under half of the letters being Japanese is half English. Chinese has kanji without kana; a short
    answer may (`修理`), unless it has characters that no Japanese character set holds (`请`, `这`).
    """
    wants_other = OTHER_LANGUAGE.search(e.prompt) and "日本語で" not in e.prompt
    letters = len(LETTERS.findall(e.prose))
    if not e.is_japanese or wants_other or not letters:
        return 0.0
    kana, kanji = len(KANA.findall(e.prose)), KANJI.findall(e.prose)
    if not kana and (len(kanji) >= 12 or (len(kanji) >= 3 and any(map(_is_foreign, kanji)))):
        return 1.0
    if kanji and kana < 0.1 * len(kanji) and sum(map(_is_foreign, kanji)) >= 3:
        return 1.0
    return ramp((kana + len(kanji)) / letters, good=0.25 if e.wants_code else 0.5, bad=0.1)


def _is_foreign(character: str) -> bool:
    try:
        character.encode("cp932")
    except UnicodeEncodeError:
        return True
    return False


def empty(e: Exchange) -> float:
    """Nothing that can be read: no letter and no digit."""
    return 0.0 if re.search(r"[^\W_]", e.text) else 1.0


def too_short(e: Exchange) -> float:
    """Less than a sentence, where nothing short is asked and nothing has to be declined."""
    is_enough = ASKS_BRIEFLY.search(e.prompt) or (asks(e.prompt) and declines(e.text))
    return 0.0 if is_enough else ramp(len(e.text), good=SHORT, bad=0)


def too_long(e: Exchange) -> float:
    """Pages, where nobody reads more than two."""
    return ramp(len(e.text), good=LONG, bad=TOO_LONG)


def unfinished(e: Exchange) -> float:
    """The last line is neither a sentence nor a part of a list, a table, a formula or code."""
    if e.finish == "length":
        return 1.0
    last = e.text.rsplit("\n", 1)[-1].strip().rstrip("*_")
    if not e.is_japanese or len(e.text) < SHORT / 2 or ITEM.match(last) or last.startswith(("|", "#")):
        return 0.0
    if last.endswith(("、", ",", "，")):
        return 1.0
    return 0.0 if not last or unicodedata.category(last[-1])[0] in "PS" or last[-1] in "笑)w" else 0.7


def repetitive(e: Exchange) -> float:
    """The same again and again: sentences that come back, or 10-grams of characters that do.

    Of the 10-grams of the best quarter of 3,984 model answers in shaberi (github.com/shisa-ai/shaberi) 0.2%
    are repeated in the median and 22% in the 99th percentile; of the worst tenth 83% in the 95th.
    """
    squeezed = re.sub(r"[\s|*#\-=:：]+", "", e.text)
    grams = Counter(squeezed[i : i + 10] for i in range(len(squeezed) - 9))
    repeated = 1 - len(grams) / grams.total() if grams else 0.0
    counts = Counter(s for s in e.sentences if len(s) >= 4)
    again = counts.total() - len(counts)
    by_sentence = ramp(again / max(1, counts.total()), good=0.15, bad=0.5) if again >= 2 else 0.0
    run = 1.0 if re.search(r"([ぁ-ゖァ-ヺ一-鿿])\1{7}", e.text) else 0.0
    return max(ramp(repeated, good=0.2, bad=0.5), by_sentence, run)


def rubbish(e: Exchange) -> float:
    """Signs that no text has: broken encodings, control characters, template tokens, a rain of symbols.

    One symbol (★, ◎, an emoji) in 33 characters is much, one in ten is nothing else.
    """
    if re.search(r"\ufffd|<\|?(?:im_|eot|end|s>|/s>|unk|pad|bos|eos)|\[/?INST\]|縺|繧|譁", e.text):
        return 1.0
    kinds = Counter(unicodedata.category(c) for c in e.prose if c not in "\n\t\r")
    if kinds["Cc"] + kinds["Co"] + kinds["Cn"]:
        return 1.0
    turn = re.search(r"(?m)^(?:(?:ユーザー|User|Human|質問者)[:：]|### ?指示)", e.text)
    if turn and turn.group() not in e.context:
        return 1.0
    body = re.sub(r"(?m)^[\s>]*[■□◆◇●○★☆▼▲※]+", "", e.prose)
    strange = sum(unicodedata.category(c) == "So" or c in "※♯〆" for c in body)
    return ramp(strange / max(20, len(body)), good=0.03, bad=0.1)


def impolite(e: Exchange) -> float:
    """Orders, reproaches and insults that nobody quoted; a plain tone where the question was polite."""
    if re.search(r"皮肉|大喜利|小説|台本|セリフ|冗談", e.prompt):
        return 0.0
    said = QUOTED.sub("", e.prose)
    if not e.wants_code and any(m.group() not in e.context for m in RUDE.finditer(said)):
        return 1.0
    spoken = [s for s in e.sentences if s.endswith(("。", "！", "？", "!", "?")) and not ITEM.match(s)]
    if not spoken or e.wants_text or len(e.prompt) > 200 or not POLITE.search(e.prompt):
        return 0.0
    plain = sum(not POLITE.search(s[-12:]) for s in spoken) / len(spoken)
    return ramp(plain, good=0.5, bad=1) * 0.4


def echo(e: Exchange) -> float:
    """The prompt said again in place of an answer, where nothing is to be reworked."""
    if len(e.text) < 20 or re.search(
        r"直し|書き換え|言い換え|要約|訳|抜き出|校正|添削|並べ|変換|まとめ|修正", e.prompt
    ):
        return 0.0
    grams = {e.text[i : i + 8] for i in range(len(e.text) - 7)}
    return ramp(sum(g in e.context for g in grams) / len(grams), good=0.6, bad=0.9)


def translated(e: Exchange) -> float:
    """Japanese that sounds translated: pronouns that Japanese leaves out, English interjections."""
    if not e.is_japanese or e.wants_code:
        return 0.0
    found = re.findall(
        r"(?:^|[。、！？\s])(?:それ(?:は|ら)|彼らは|彼らの|彼女は|あなた(?:は|が|の)|私は|私たちは)"
        r"|^(?:もちろん|確かに|うーん|ふーむ|さて|まあ)[！!。、]|あなた(?:が|の|は)|。。|[ぁ-ん] [ぁ-ん]"
        r"|[ぁ-ゖ一-鿿][!?]",
        e.prose,
    )
    return ramp(len(found) / max(2, len(e.sentences)), good=0, bad=1)
