import json

from hypothesis import given
from hypothesis import strategies as st

from label.screen import field, shown


@given(st.text())
def test_no_text_can_leave_argillas_script(text: str) -> None:
    turn = [{"role": "user", "content": text}]
    page = json.dumps(shown(turn, turn, turn), ensure_ascii=False)
    assert not set("<$#") & set(page)


def test_the_template_never_renders_raw() -> None:
    template = field()["settings"]["template"]
    assert "{{{" not in template
    assert "{{&" not in template
    assert "$" not in template  # String.replace would read it as a pattern
    assert template.count("<script>") == template.count("</script>") == 1
