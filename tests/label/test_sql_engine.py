"""The search engine inside a real Argilla: what the API finds, counts and sorts."""

import time
from typing import Any

import pytest

from label.client import Argilla

pytestmark = pytest.mark.slow

NOUNS = ["富士山の高さ", "京都の寺", "大阪の食べ物", "北海道の冬", "沖縄の海"]


class Case:
    """Forty records with every kind of value that can be searched for."""

    def __init__(self, owner: Argilla, first: Any, second: Any) -> None:
        self.owner, self.first, self.second = owner, first, second
        body = {
            "name": f"engine-{time.time_ns()}",
            "workspace_id": owner.workspace("seimai"),
            "distribution": {"strategy": "overlap", "min_submitted": 2},
        }
        self.id = owner.request("POST", "datasets", json=body)["id"]
        self._settings()
        items = [self._record(i) for i in range(40)]
        owner.upsert(self.id, items[:25])
        owner.upsert(self.id, items[25:])
        self.records = {record["external_id"]: record for record in owner.records(self.id)}

    def _settings(self) -> None:
        make = lambda kind, **item: self.owner.request("POST", f"datasets/{self.id}/{kind}", json=item)  # noqa: E731
        make("fields", name="text", title="t", required=True, settings={"type": "text"})
        make("fields", name="talk", title="t", required=False, settings={"type": "chat"})
        label = {"type": "label_selection", "options": [{"value": v, "text": v} for v in ("yes", "no")]}
        self.label = make("questions", name="label", title="l", required=True, settings=label)["id"]
        many = {
            "type": "multi_label_selection",
            "options": [{"value": v, "text": v} for v in ("x", "y", "z")],
        }
        self.many = make("questions", name="many", title="m", required=False, settings=many)["id"]
        rating = {"type": "rating", "options": [{"value": v} for v in range(1, 6)]}
        make("questions", name="rating", title="r", required=False, settings=rating)
        make("metadata-properties", name="topic", title="t", settings={"type": "terms"})
        make("metadata-properties", name="length", title="l", settings={"type": "integer"})
        make("metadata-properties", name="share", title="s", settings={"type": "float"})
        self.vectors = make("vectors-settings", name="place", title="p", dimensions=2)
        self.owner.request("PUT", f"datasets/{self.id}/publish")

    def _record(self, i: int) -> dict[str, Any]:
        record: dict[str, Any] = {
            "external_id": f"r{i:02}",
            "fields": {
                "text": f"{NOUNS[i % 5]} alpha{i}",
                "talk": [{"role": "user", "content": f"話題{i % 4}"}],
            },
            "metadata": {"topic": NOUNS[i % 5], "length": i, "share": i / 40},
            "vectors": {"place": [i + 1.0, 40.0 - i]},
        }
        if i % 10 == 0:
            del record["metadata"]["length"]
        if i < 10:
            suggestion = {"question_id": self.label, "value": "yes" if i % 2 else "no", "score": i / 10}
            chosen = {"question_id": self.many, "value": ["x", "y"] if i < 5 else ["z"], "agent": "m2"}
            record["suggestions"] = [{**suggestion, "agent": f"m{i % 3}", "type": "model"}, chosen]
        return record

    def find(
        self, body: dict[str, Any] | None = None, account: Any = None, **page: Any
    ) -> tuple[list[str], int]:
        path = f"datasets/{self.id}/records/search"
        argilla = account.argilla if account else self.owner
        result = argilla.request("POST", f"me/{path}" if account else path, json=body or {}, params=page)
        return [item["record"]["external_id"] for item in result["items"]], result["total"]

    def where(self, *filters: dict[str, Any], account: Any = None, **page: Any) -> list[str]:
        names, total = self.find({"filters": {"and": list(filters)}}, account, **page)
        assert total == len(names)
        return sorted(names)

    def answer(
        self, account: Any, name: str, label: str, rating: int | None = None, status: str = "submitted"
    ):
        values: dict[str, Any] = {"label": {"value": label}}
        if rating is not None:
            values["rating"] = {"value": rating}
        body = {"values": values, "status": status}
        account.argilla.request("POST", f"records/{self.records[name]['id']}/responses", json=body)


@pytest.fixture(scope="module")
def case(served):
    with Argilla.connect(served.url, served.api_key) as owner:
        accounts, open_ = [], []
        for _ in range(2):
            user = owner.add_annotator(f"e{time.time_ns()}", "hyoushaku-1", "seimai")
            argilla = Argilla.connect(served.url, user["api_key"])
            open_.append(argilla)
            accounts.append(type("Account", (), {"argilla": argilla, "user": user})())
        made = Case(owner, *accounts)
        made.answer(made.first, "r00", "yes", 1)
        made.answer(made.second, "r00", "no", 4)
        made.answer(made.first, "r01", "no", 5)
        made.answer(made.first, "r02", "yes", 3, status="draft")
        made.answer(made.first, "r03", "yes", status="discarded")
        yield made
        for argilla in open_:
            argilla.http.close()


def names(*numbers: int) -> list[str]:
    return [f"r{i:02}" for i in numbers]


def terms(scope: dict[str, Any], *values: Any) -> dict[str, Any]:
    return {"type": "terms", "scope": scope, "values": list(values)}


def between(scope: dict[str, Any], **bounds: Any) -> dict[str, Any]:
    return {"type": "range", "scope": scope, **bounds}


def metadata(name: str) -> dict[str, Any]:
    return {"entity": "metadata", "metadata_property": name}


def record(name: str) -> dict[str, Any]:
    return {"entity": "record", "property": name}


def suggestion(question: str, name: str) -> dict[str, Any]:
    return {"entity": "suggestion", "question": question, "property": name}


def test_pages_are_whole_and_stable(case) -> None:
    pages = [case.find(offset=offset, limit=15) for offset in (0, 15, 30, 45)]
    assert [total for _, total in pages] == [40] * 4
    assert [len(page) for page, _ in pages] == [15, 15, 10, 0]
    assert [name for page, _ in pages for name in page] == names(*range(40))


def test_each_user_has_an_order_of_their_own(case) -> None:
    one, two = (case.find(account=account, limit=100)[0] for account in (case.first, case.second))
    assert sorted(one) == sorted(two) == names(*range(40))
    assert one != two
    assert case.find(account=case.first, limit=100)[0] == one


@pytest.mark.parametrize(
    ("query", "field", "numbers"),
    [
        ("富士山", None, range(0, 40, 5)),
        ("高さ 話題0", None, range(0, 40, 20)),
        ("話題0", "talk", range(0, 40, 4)),
        ("話題0", "text", []),
        ("alpha3", None, [3]),
        ("alpha3*", None, [3, *range(30, 40)]),
        ("富士山 | 京都", "text", sorted([*range(0, 40, 5), *range(1, 40, 5)])),
        ("-富士山 alpha1*", None, [1, 11, 12, 13, 14, 16, 17, 18, 19]),
        ("ｱﾙﾌｧ", None, []),
    ],
)
def test_text(case, query, field, numbers) -> None:
    text = {"q": query} | ({"field": field} if field else {})
    found, total = case.find({"query": {"text": text}}, limit=100)
    assert (found, total) == (names(*numbers), len(list(numbers)))


def test_metadata(case) -> None:
    assert case.where(terms(metadata("topic"), NOUNS[0], NOUNS[3]), limit=100) == names(
        *sorted([*range(0, 40, 5), *range(3, 40, 5)])
    )
    assert case.where(between(metadata("length"), ge=35)) == names(35, 36, 37, 38, 39)
    assert case.where(between(metadata("length"), ge=9, le=11)) == names(9, 11)  # 10 has no length
    assert case.where(between(metadata("share"), le=0.05)) == names(0, 1, 2)
    assert case.where(terms(metadata("length"), 7)) == names(7)
    assert case.where(terms(metadata("topic"), NOUNS[0]), between(metadata("length"), ge=30)) == names(35)


def test_records(case) -> None:
    ids = [case.records[name]["id"] for name in names(4, 5)]
    assert case.where(terms(record("id"), *ids, "no-id")) == names(4, 5)
    assert case.where(terms(record("external_id"), "r07", "r99")) == names(7)
    assert case.where(terms(record("status"), "completed")) == names(0)
    assert len(case.where(terms(record("status"), "pending"), limit=100)) == 39
    moment = case.records["r30"]["inserted_at"]
    assert case.where(between(record("inserted_at"), ge=moment)) == names(*range(30, 40))
    assert len(case.where(between(record("inserted_at"), ge=moment[:10], le=moment[:10]), limit=100)) == 40
    assert case.where(between(record("inserted_at"), le="2020-01-01")) == []


def test_suggestions(case) -> None:
    assert case.where(terms(suggestion("label", "value"), "yes")) == names(1, 3, 5, 7, 9)
    assert case.where(terms(suggestion("many", "value"), "y", "z")) == names(*range(10))
    assert case.where(terms(suggestion("many", "value"), "z")) == names(5, 6, 7, 8, 9)
    assert case.where(between(suggestion("label", "score"), ge=0.75)) == names(8, 9)
    assert case.where(terms(suggestion("label", "agent"), "m0")) == names(0, 3, 6, 9)
    assert case.where(terms(suggestion("label", "agent"), "m2", "m9")) == names(2, 5, 8)
    assert case.where(terms(suggestion("label", "type"), "human")) == []


def test_responses(case) -> None:
    def status(*values: str) -> dict[str, Any]:
        return terms({"entity": "response", "property": "status"}, *values)

    label = {"entity": "response", "question": "label"}
    rating = {"entity": "response", "question": "rating"}
    assert case.where(status("submitted"), account=case.first) == names(0, 1)
    assert case.where(status("draft", "discarded"), account=case.first) == names(2, 3)
    assert case.where(status("pending"), account=case.first, limit=100) == names(*range(4, 40))
    assert case.where(status("pending", "draft"), account=case.first, limit=100) == names(2, *range(4, 40))
    assert case.where(status("pending"), account=case.second, limit=100) == names(*range(1, 40))
    assert case.where(status("submitted")) == names(0, 1)
    assert case.where(status("pending"), limit=100) == names(*range(4, 40))
    assert case.where(terms(label, "yes"), account=case.first) == names(0, 2, 3)
    assert case.where(terms(label, "yes"), account=case.second) == []
    assert case.where(between(rating, ge=4)) == names(0, 1)
    assert case.where(between(rating, ge=4), account=case.first) == names(1)


def test_sorting(case) -> None:
    def sort(scope: dict[str, Any], order: str, account: Any = None, **page: Any) -> list[str]:
        return case.find({"sort": [{"scope": scope, "order": order}]}, account, **page)[0]

    assert sort(metadata("length"), "desc", limit=3) == names(39, 38, 37)
    by_length = sort(metadata("length"), "asc", limit=100)
    assert by_length[:3] == names(1, 2, 3)
    assert by_length[-4:] == names(0, 10, 20, 30)  # no value: last, as in Elasticsearch
    assert sort(metadata("length"), "desc", limit=100)[-4:] == names(0, 10, 20, 30)
    assert sort(record("external_id"), "desc", limit=2) == names(39, 38)
    assert sort(record("inserted_at"), "asc", limit=2) == names(0, 1)
    assert sort(suggestion("label", "score"), "desc", limit=2) == names(9, 8)
    rating = {"entity": "response", "question": "rating"}
    assert sort(rating, "desc", limit=3) == names(1, 2, 0)  # means: 5, 3, 2.5
    assert sort(rating, "asc", case.first, limit=3) == names(0, 2, 1)  # own answers: 1, 3, 5
    two = [{"scope": metadata("topic"), "order": "asc"}, {"scope": metadata("share"), "order": "desc"}]
    expected = sorted(range(40), key=lambda i: (NOUNS[i % 5], -i))
    assert case.find({"sort": two}, limit=100)[0] == names(*expected)


def test_progress(case) -> None:
    progress = case.owner.request("GET", f"datasets/{case.id}/progress")
    assert (progress["total"], progress["completed"], progress["pending"]) == (40, 1, 39)
    mine = case.first.argilla.request("GET", f"me/datasets/{case.id}/metrics")["responses"]
    assert mine == {"total": 40, "submitted": 2, "discarded": 1, "draft": 1, "pending": 36}


def test_metadata_metrics(case) -> None:
    properties = case.owner.request("GET", f"me/datasets/{case.id}/metadata-properties")["items"]
    metrics = {
        item["name"]: case.owner.request("GET", f"metadata-properties/{item['id']}/metrics")
        for item in properties
    }
    assert metrics["length"] == {"type": "integer", "min": 1, "max": 39}
    assert metrics["share"] == {"type": "float", "min": 0.0, "max": 39 / 40}
    assert metrics["topic"]["total"] == 40
    assert metrics["topic"]["values"] == [{"term": noun, "count": 8} for noun in sorted(NOUNS)]


def test_similarity(case) -> None:
    def similar(limit: int = 3, **query: Any) -> tuple[list[str], int]:
        return case.find({"query": {"vector": {"name": "place", **query}}}, limit=limit)

    assert similar(value=[1.0, 40.0]) == (names(0, 1, 2), 40)
    assert similar(value=[1.0, 40.0], order="least_similar") == (names(39, 38, 37), 40)
    assert similar(record_id=case.records["r20"]["id"], limit=1)[0][0] in names(19, 21)
    nearest = case.find(
        {
            "query": {"vector": {"name": "place", "value": [1.0, 40.0]}, "text": {"q": "京都"}},
            "filters": {"and": [between(metadata("length"), ge=10)]},
        },
        limit=2,
    )
    assert nearest == (names(11, 16), 6)


def test_what_is_no_number_or_date_is_refused_in_words(case) -> None:
    from seimai.errors import SeimaiError

    with pytest.raises(SeimaiError, match="`tomorrow` is not a date"):
        case.where(between(record("inserted_at"), ge="tomorrow"))
    with pytest.raises(SeimaiError, match="`many` is not a number"):
        case.where(between(metadata("length"), ge="many"))


def test_changes_show_at_once(case) -> None:
    case.owner.upsert(case.id, [{"external_id": "r39", "fields": {"text": "改めた本文", "talk": []}}])
    assert case.find({"query": {"text": {"q": "改めた"}}}) == (names(39), 1)
    ids = case.records["r38"]["id"]
    case.owner.request("DELETE", f"datasets/{case.id}/records", params={"ids": ids})
    assert case.owner.count(case.id) == 39
