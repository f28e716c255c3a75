"""The index on an Elasticsearch or OpenSearch server: entries stand in one index behind an alias, and a rebuild makes a
new one beside it.

Whatever goes wrong is EngineDown with a short reason that names no user and no password.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, UnsupportedProductError
from elasticsearch.dsl.exceptions import ElasticsearchDslException
from elasticsearch.helpers import streaming_bulk

from search.analysis.queries import Query

from .address import Address
from .base import FACETS, Document, EngineDown, Found, Level
from .breaker import Breaker, Refused
from .elastic_queries import (
    INDEX,
    EntrySearch,
    level_of,
    similar_search,
    source_of,
    title_search,
)
from .opensearch_node import OpenSearchNode, QuickNode

Answer = TypeVar("Answer")

ANSWERS_WITHIN = 2.0  # seconds
WRITES_WITHIN = 60.0
CHUNK = 500  # documents of one request
CHUNK_BYTES = 8 * 1024 * 1024  # servers refuse 100 MB, small ones struggle before
CONNECTIONS = 50  # at once, of one process
_NO_INDEX = "no index yet: search_rebuild makes it"
# Of answers with these statuses the server itself is the reason, not what it was asked.
_SERVERS_FAULT = {401, 403, 407, 408, 429}
_KIND_OF_ERROR = re.compile(r"[a-z_]{1,60}")


def connect(address: Address) -> Elasticsearch:
    """A client that asks once and gives up soon; asks nothing yet. OSError where `ca` is no certificate."""
    options: dict[str, Any] = {}
    if address.user:
        options["basic_auth"] = (address.user, address.password)
    if address.https:
        options["ssl_context"] = ssl.create_default_context(cafile=address.ca or None)
    return Elasticsearch(
        address.node,
        node_class=OpenSearchNode if address.engine == "opensearch" else QuickNode,
        request_timeout=ANSWERS_WITHIN,
        max_retries=0,
        retry_on_timeout=False,
        connections_per_node=CONNECTIONS,
        **options,
    )


class ElasticEngine:
    """Of one server; safe between threads. `breaker` says whether it is being asked."""

    def __init__(
        self, client: Elasticsearch, *, name: str, prefix: str, breaker: Breaker | None = None
    ) -> None:
        self.name = name
        self.breaker = breaker or Breaker()
        self.alias = f"{prefix}-entries"
        self._client = client
        self._writer = client.options(request_timeout=WRITES_WITHIN)

    def find(
        self,
        query: Query,
        *,
        keys: frozenset[str] | None,
        filters: Mapping[str, Sequence[str]],
        first: int,
        count: int,
    ) -> Found:
        def ask() -> Found:
            search = EntrySearch(
                query,
                keys=keys,
                filters=filters,
                first=first,
                count=count,
                index=self.alias,
                using=self._client,
            )
            answer: Any = search.execute()
            _complete(answer)
            if answer.hits.total.relation != "eq":
                raise EngineDown("it did not count to the end")
            facets = {
                name: {str(value): int(many) for value, many, _ in answer.facets[name]} for name in FACETS
            }
            return Found(total=int(answer.hits.total.value), hits=_levels(answer), facets=facets)

        return self._call(ask)

    def titles(self, query: Query, *, keys: frozenset[str] | None, count: int) -> list[tuple[int, Level]]:
        if query.empty:
            return []

        def ask() -> list[tuple[int, Level]]:
            search = title_search(query, keys=keys, count=count)
            answer = search.using(self._client).index(self.alias).execute()
            _complete(answer)
            return _levels(answer)

        return self._call(ask)

    def similar(
        self, query: Query, *, keys: frozenset[str] | None, filters: Mapping[str, Sequence[str]], count: int
    ) -> list[int]:
        if not query.loose:
            return []

        def ask() -> list[int]:
            search = similar_search(query, keys=keys, filters=filters, count=count)
            answer = search.using(self._client).index(self.alias).execute()
            _complete(answer)
            return [int(hit.meta.id) for hit in answer.hits]

        return self._call(ask)

    def put(self, documents: Sequence[Document]) -> None:
        """Found within a second. Where there is no index yet, one is made."""

        def write() -> None:
            try:
                self._put(documents, self.alias)
            except _NoIndex:
                self._create(f"{self.alias}-0", aliases={self.alias: {}})
                self._put(documents, self.alias)

        self._call(write)

    def drop(self, ids: Sequence[int]) -> None:
        def write() -> None:
            with suppress(_NoIndex):
                self._send(({"_op_type": "delete", "_id": str(pk)} for pk in ids), self.alias)

        self._call(write)

    def count(self) -> int:
        """0 where there is no index yet."""

        def ask() -> int:
            try:
                return int(self._client.count(index=self.alias)["count"])
            except ApiError as error:
                if error.status_code == 404:
                    return 0
                raise

        return self._call(ask)

    def refresh(self) -> None:
        """What was put can be found from now on."""
        self._call(lambda: self._writer.indices.refresh(index=self.alias))

    def rebuild(self, documents: Iterable[Sequence[Document]]) -> int:
        """Makes a new index of these and puts it in the place of the old one, which serves until then; how many it holds.
        Raises what `documents` raises; then, as after EngineDown, the old one stays. One caller at a time."""
        # A name that no index ever had: the server remembers them.
        index = f"{self.alias}-{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        self._call(self._clean)
        self._call(lambda: self._create(index, settings={"refresh_interval": "-1"}))
        try:
            ids: set[int] = set()
            for part in documents:
                self._call(lambda part=part: self._put(part, index))  # type: ignore[misc]
                ids.update(document.id for document in part)
            return self._call(lambda: self._swap(index, len(ids)))
        except BaseException:
            with suppress(EngineDown):
                self._call(lambda: self._writer.indices.delete(index=index))
            raise

    def _swap(self, index: str, expected: int) -> int:
        indices = self._writer.indices
        indices.put_settings(
            index=index, settings={"refresh_interval": INDEX["settings"]["refresh_interval"]}
        )
        indices.refresh(index=index)
        held = int(self._writer.count(index=index)["count"])
        if held != expected:
            raise EngineDown(f"the new index holds {held} of {expected} entries")
        # The alias's own name too, should somebody have made an index of it.
        old = list(indices.get(index=self.alias, ignore_unavailable=True, allow_no_indices=True))
        indices.update_aliases(
            actions=[
                *({"remove_index": {"index": name}} for name in old),
                {"add": {"index": index, "alias": self.alias}},
            ]
        )
        return held

    def _clean(self) -> None:
        """Drops what broken rebuilds left behind."""
        indices = self._writer.indices
        made = re.compile(re.escape(self.alias) + r"-\d+")
        for name, facts in dict(indices.get(index=f"{self.alias}-*", ignore_unavailable=True)).items():
            if made.fullmatch(name) and self.alias not in facts["aliases"]:
                indices.delete(index=name, ignore_unavailable=True)

    def _create(
        self,
        index: str,
        *,
        settings: Mapping[str, Any] | None = None,
        aliases: Mapping[str, Any] | None = None,
    ) -> None:
        try:
            self._writer.indices.create(
                index=index,
                settings=INDEX["settings"] | dict(settings or {}),
                mappings=INDEX["mappings"],
                aliases=dict(aliases or {}),
            )
        except ApiError as error:
            # Another worker was first.
            if error.message != "resource_already_exists_exception":
                raise

    def _put(self, documents: Sequence[Document], index: str) -> None:
        self._send(({"_id": str(each.id), "_source": source_of(each)} for each in documents), index)

    def _send(self, actions: Iterable[dict[str, Any]], index: str) -> None:
        results = streaming_bulk(
            self._writer,
            actions,
            chunk_size=CHUNK,
            max_chunk_bytes=CHUNK_BYTES,
            raise_on_error=False,
            index=index,
            # Never an index that the server makes up, with a mapping of its own.
            require_alias=index == self.alias,
        )
        for well, result in results:
            _look_at(well, next(iter(result.values())))

    def _call(self, ask: Callable[[], Answer]) -> Answer:
        def guarded() -> Answer:
            with _reasons():
                return ask()

        return self.breaker.call(guarded)


class _NoIndex(Refused):
    """Nothing was ever put or rebuilt, or somebody dropped it."""

    def __init__(self) -> None:
        super().__init__(_NO_INDEX)


def _look_at(well: bool, result: Mapping[str, Any]) -> None:
    """One result of a bulk request: dropping what is not there is well."""
    if well:
        return
    error = result.get("error")
    kind = _kind(error.get("type") if isinstance(error, dict) else error)
    if result["status"] == 404 and kind == "index_not_found_exception":
        raise _NoIndex
    if result["status"] == 404 and error is None:
        return
    raise _refusal(int(result["status"]), kind)


def _complete(answer: Any) -> None:
    if answer.timed_out or answer._shards.failed:
        raise EngineDown("it answered in part")


def _levels(answer: Any) -> list[tuple[int, Level]]:
    return [(int(hit.meta.id), level_of(hit.meta.score)) for hit in answer.hits]


@contextmanager
def _reasons() -> Iterator[None]:
    """Whatever goes wrong, as EngineDown."""
    try:
        yield
    except EngineDown:
        raise
    except UnsupportedProductError:
        raise EngineDown("it is no Elasticsearch; OpenSearch is opensearch://…") from None
    except ApiError as error:
        if error.status_code == 404 and error.message == "index_not_found_exception":
            raise _NoIndex from None
        raise _refusal(error.status_code, _kind(error.message)) from None
    except TransportError as error:
        raise EngineDown(type(error).__name__) from None
    except (
        ElasticsearchDslException,
        AttributeError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
        OSError,
        RecursionError,
    ) as error:
        raise EngineDown(f"not the answer of a search server ({type(error).__name__})") from None


def _refusal(status: int, kind: str) -> EngineDown:
    reason = f"HTTP {status} {kind}".rstrip()
    asked_wrongly = 400 <= status < 500 and status not in _SERVERS_FAULT
    return Refused(reason) if asked_wrongly else EngineDown(reason)


def _kind(said: object) -> str:
    """The server's name of an error; nothing where it is any other text, which may hold names."""
    return said if isinstance(said, str) and _KIND_OF_ERROR.fullmatch(said) else ""
