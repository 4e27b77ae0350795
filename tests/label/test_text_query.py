import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from label.embedded.text_query import matches

RECORD = {"chat": [{"role": "user", "content": "富士山の高さは？ alpha30"}], "pair": {"a": "ＡＢＣ は ｶﾀｶﾅ"}}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("富士山", True),
        ("富士 高さ", True),
        ("富士 北岳", False),
        ("北岳 | 高さ", True),
        ("高さ -富士", False),
        ("高さ -北岳", True),
        ('"富士山の高さ"', True),
        ('"高さの富士山"', False),
        ('-"富士山の高さ"', False),
        ("alpha3", False),
        ("alpha3*", True),
        ("abc カタカナ", True),
        ("(北岳 | 富士山) alpha30", True),
        ("(北岳 | 槍ヶ岳) alpha30", False),
        ("-(北岳 | 富士山)", False),
        ("", True),
        (")", True),
    ],
)
def test_query(query: str, *, found: bool) -> None:
    assert matches(json.dumps(RECORD), '["chat", "pair"]', query) is found


def test_only_the_named_fields_are_searched() -> None:
    assert not matches(json.dumps(RECORD), '["pair"]', "富士山")


@given(st.text(alphabet='ab富士()|"-+* 　', max_size=12))
def test_any_query_is_understood(query: str) -> None:
    assert matches(json.dumps(RECORD), '["chat"]', query) in (True, False)
