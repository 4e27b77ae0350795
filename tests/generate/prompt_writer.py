"""A chat server's scripts that write prompts as a model would: what they say hangs on the request alone."""

import random
import re
import time
from typing import Any

from chat_server import Reply, completion

THINGS = (
    "祖母から教わった味噌汁",
    "駅前で借りた自転車",
    "はじめて詠む俳句",
    "個人商店の確定申告",
    "ベランダの朝顔",
    "売上を集計する表計算",
    "津軽と薩摩の方言",
    "単身赴任の引っ越し",
    "仕事帰りの英会話教室",
    "子どものお年玉の貯金",
    "オンライン対局の囲碁",
    "燗でおいしい日本酒",
)
ASKED = (
    "{}の始め方を、初心者に向けて三段階で説明してください。",
    "{}について百字で紹介文を書いて。",
    "{}と{}を比べ、違いを表にまとめてもらえますか?",
    "{}が出てくる短い物語を作ってください。",
    "なぜ{}は長く親しまれているのでしょうか。",
    "友人に{}を勧める手紙の下書きを考えたい。書き出しの案を五つ。",
    "{}にかかる費用を見積もる計算式を示してください。",
    "次の三語を使って川柳を一句: {}、秋、財布。",
    "{}に関するクイズを四択で二問作り、答えも添えて。",
    "{}や{}に使われる外来語を挙げ、言い換えてください。",
)
FAULTY = (
    "この写真の{}を説明してください。",
    "夏は?",
    "Tell me about rice.",
    "はい、{}ですね。承知しました。",
)


def said(body: dict[str, Any]) -> str:
    return body["messages"][-1]["content"]


def draws(body: dict[str, Any]) -> random.Random:
    return random.Random(f"{body['seed']} {said(body)}")


def lists(body: dict[str, Any], number: int) -> Reply:
    """A list of prompts, some of them faulty, some of them written before; answers overtake each other."""
    rng = draws(body)
    time.sleep(rng.random() * 0.01)
    if rng.random() < 0.1:
        return completion("どのような指示がご希望ですか。")
    wanted = re.search(r"(\d+)個書いて", said(body))
    forms = [
        rng.choice(FAULTY if rng.random() < 0.3 else ASKED) for _ in range(int(wanted[1]) if wanted else 1)
    ]
    items = [form.format(*rng.sample(THINGS, 2)) for form in forms]
    text = "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))
    return completion(f"新しい指示です。\n{text}", finish="length" if rng.random() < 0.2 else "stop")


def evolutions(body: dict[str, Any], number: int) -> Reply:
    """The prompt with a condition more; now and then the same, talk about the task, or no tags."""
    rng = draws(body)
    time.sleep(rng.random() * 0.01)
    before = re.search(r"［元の指示 \w+］\n(.*?)\n［元の指示ここまで", said(body), re.DOTALL)
    text = before[1] if before else ""
    match rng.randrange(5):
        case 0:
            return completion(f"<指示>{text}</指示>")
        case 1:
            return completion(f"<指示>直した指示: {text}ただし百字以内で。</指示>")
        case 2:
            return completion(f"{text}ただし百字以内で。")
        case _:
            return completion(f"<指示>\n{text}ただし、{rng.choice(THINGS)}を例に挙げてください。\n</指示>")
