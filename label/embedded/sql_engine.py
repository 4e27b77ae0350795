# pyright: basic, reportMissingImports=false
"""A search engine for Argilla over Argilla's own SQL database: no Elasticsearch, no Java, no index.

Committed rows are the index, so keeping it up to date is nothing to do and it cannot drift. It follows
what Argilla 2.8.0 asks of its Elasticsearch index, over SQLite, and differs from it in this:

- no relevance: every hit scores 1, in the user's own order or that of insertion;
- text is found by words (text_query.py) without an analyser, stemming or `~`; Japanese by substring,
  where Elasticsearch's standard analyser takes the single characters of a word in any order;
- answers that Elasticsearch does not index (text, ranking, span) can be filtered by their value too;
- similarity compares all vectors, and its total counts all that can be paged through, not one page;
- sorting by a word-valued answer takes the first in the alphabet, where Elasticsearch fails.
"""

import hashlib
import json
from typing import Any

import numpy as np
from argilla_server.enums import MetadataPropertyType, SimilarityOrder
from argilla_server.models import Dataset, MetadataProperty, Record, Response, User, Vector, VectorSettings
from argilla_server.search_engine import (
    Filter,
    FloatMetadataMetrics,
    IntegerMetadataMetrics,
    MetadataMetrics,
    Order,
    SearchEngine,
    SearchResponseItem,
    SearchResponses,
    TermsMetrics,
    TextQuery,
)
from argilla_server.settings import settings
from conditions import condition, each_value, order_keys
from sqlalchemy import String, cast, event, func, select
from sqlalchemy.ext.asyncio import create_async_engine
from text_query import matches

_MOST_SIMILAR = 1000
"""Argilla never asks for more than this many similar records."""

# A pool of its own: a request waits here while it holds one of the server's 15 connections.
_reader = create_async_engine(
    settings.database_url, pool_size=5, max_overflow=0, **settings.database_engine_args
)


@event.listens_for(_reader.sync_engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    connection.create_function("seimai_matches", 3, matches, deterministic=True)
    connection.create_function("seimai_shuffle", 2, _shuffle, deterministic=True)
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _shuffle(record: str, user: str) -> str:
    return hashlib.md5(f"{user}{record}".encode(), usedforsecurity=False).hexdigest()


@SearchEngine.register("sql")
class SQLSearchEngine(SearchEngine):
    """Searches, counts and compares records by SQL; all index upkeep is a no-op."""

    @classmethod
    async def new_instance(cls) -> "SQLSearchEngine":
        """One a request; the connections are shared."""
        if not settings.database_is_sqlite:
            raise ValueError("the SQL search engine works over SQLite only")
        return cls()

    async def close(self) -> None:
        """Nothing to close: the pool lives as long as the server."""

    async def ping(self) -> bool:
        """Whether the database answers."""
        return await _scalar(select(1)) == 1

    async def info(self) -> dict[str, str]:
        """What the API's info page shows of the engine."""
        return {"name": "sql", "sqlite": await _scalar(select(func.sqlite_version()))}

    async def search(
        self,
        dataset: Dataset,
        query: TextQuery | str | None = None,
        filter: Filter | None = None,
        sort: list[Order] | None = None,
        offset: int = 0,
        limit: int = 100,
        user_id: Any = None,
    ) -> SearchResponses:
        """A page of record ids and the number of all that match.

        `user_id` is not in the base class, but the server passes it: each user meets the records in an
        order of their own (the same at every visit), so that several people do not label the same ones.
        """
        where = await _where(dataset, query, filter)
        if sort:
            order = [key for part in sort for key in order_keys(dataset, part)]
        elif user_id is not None:
            order = [func.seimai_shuffle(cast(Record.id, String), str(user_id))]
        else:
            order = []
        page = select(Record.id, func.count().over()).where(*where)
        rows = await _rows(page.order_by(*order, Record.inserted_at, Record.id).offset(offset).limit(limit))
        if rows or not offset:
            total = rows[0][1] if rows else 0
        else:
            total = await _scalar(select(func.count()).select_from(Record).where(*where))
        score = None if sort else 1.0
        return SearchResponses(
            items=[SearchResponseItem(record_id=row[0], score=score) for row in rows], total=total
        )

    async def similarity_search(
        self,
        dataset: Dataset,
        vector_settings: VectorSettings,
        value: list[float] | None = None,
        record: Record | None = None,
        query: TextQuery | str | None = None,
        filter: Filter | None = None,
        max_results: int = 100,
        order: SimilarityOrder = SimilarityOrder.most_similar,
        threshold: float | None = None,
    ) -> SearchResponses:
        """Records by cosine similarity, compared with every vector; scores are (1 + cos) / 2."""
        if bool(value) == bool(record):
            raise ValueError("similarity needs either a vector or a record")
        if record is not None:
            value = record.vector_value_by_vector_settings(vector_settings)
        target = np.asarray(value, dtype=np.float64)
        where = await _where(dataset, query, filter)
        if record is not None:
            where.append(Record.id != record.id)
        vectors = select(Record.id, Vector.value).join(Vector, Vector.record_id == Record.id)
        rows = await _rows(
            vectors.where(Vector.vector_settings_id == vector_settings.id, *where).order_by(Record.id)
        )
        if not rows:
            return SearchResponses(items=[], total=0)
        matrix = np.asarray([row[1] for row in rows], dtype=np.float64)
        lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(target)
        sign = -1.0 if order == SimilarityOrder.least_similar else 1.0
        cosine = np.divide(matrix @ target, lengths, out=np.full(len(rows), -sign), where=lengths > 0)
        scores = (1 + sign * cosine) / 2
        best = np.argsort(-scores, kind="stable")
        best = [i for i in best if threshold is None or scores[i] >= threshold][:_MOST_SIMILAR]
        items = [SearchResponseItem(record_id=rows[i][0], score=float(scores[i])) for i in best[:max_results]]
        return SearchResponses(items=items, total=len(best))

    async def get_dataset_progress(self, dataset: Dataset) -> dict[str, int]:
        """Number of records, in all and by status."""
        if dataset.is_draft:
            return {}
        counts = select(cast(Record.status, String), func.count()).where(Record.dataset_id == dataset.id)
        return _with_total(await _rows(counts.group_by(Record.status)))

    async def get_dataset_user_progress(self, dataset: Dataset, user: User) -> dict[str, int]:
        """Number of the user's responses, in all and by status."""
        if dataset.is_draft:
            return {}
        counts = select(cast(Response.status, String), func.count()).join(
            Record, Record.id == Response.record_id
        )
        counts = counts.where(Record.dataset_id == dataset.id, Response.user_id == user.id)
        return _with_total(await _rows(counts.group_by(Response.status)))

    async def compute_metrics_for(self, metadata_property: MetadataProperty) -> MetadataMetrics:
        """Counts of a property's terms, most frequent first, or its least and greatest number."""
        each = each_value(Record.metadata_, f'$."{metadata_property.name}"')
        mine = (Record.dataset_id == metadata_property.dataset_id, each.c.value.is_not(None))
        if metadata_property.type == MetadataPropertyType.terms:
            terms = select(each.c.value, func.count().label("n")).select_from(Record, each).where(*mine)
            rows = await _rows(terms.group_by(each.c.value).order_by(func.count().desc(), each.c.value))
            values = [TermsMetrics.TermCount(term=str(term), count=n) for term, n in rows]
            return TermsMetrics(total=sum(value.count for value in values), values=values)
        bounds = select(func.min(each.c.value), func.max(each.c.value)).select_from(Record, each).where(*mine)
        ((low, high),) = await _rows(bounds)
        if metadata_property.type == MetadataPropertyType.integer:
            return IntegerMetadataMetrics(min=low, max=high)
        return FloatMetadataMetrics(min=low, max=high)

    async def _upkeep(self, *_args: Any, **_changes: Any) -> None:
        """Nothing to do: the rows that were committed are the index."""

    create_index = delete_index = configure_metadata_property = configure_index_vectors = _upkeep
    index_records = partial_record_update = delete_records = _upkeep
    update_record_response = delete_record_response = _upkeep
    update_record_suggestion = delete_record_suggestion = _upkeep


async def _where(dataset: Dataset, query: TextQuery | str | None, filter: Filter | None) -> list[Any]:
    where: list[Any] = [Record.dataset_id == dataset.id]
    if filter is not None:
        where.append(condition(dataset, filter))
    if query is not None:
        text = query if isinstance(query, str) else query.q
        only = None if isinstance(query, str) else query.field
        fields = await dataset.awaitable_attrs.fields
        names = [field.name for field in fields if not field.is_image and only in (None, field.name)]
        where.append(func.seimai_matches(cast(Record.fields, String), json.dumps(names), text))
    return where


async def _rows(statement: Any) -> list[Any]:
    async with _reader.connect() as connection:
        return list(await connection.execute(statement))


async def _scalar(statement: Any) -> Any:
    return (await _rows(statement))[0][0]


def _with_total(counts: list[Any]) -> dict[str, int]:
    return {"total": sum(n for _, n in counts), **dict(counts)}
