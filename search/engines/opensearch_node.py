"""How requests of the Elasticsearch client travel: quick to give up, and in a form that OpenSearch takes.

Elasticsearch's client speaks a media type of its own and wants to see its product's name in each answer; OpenSearch knows
plain JSON only and names itself otherwise. The requests that we make are the same for both. Whoever uses the client for
OpenSearch elsewhere can give it `node_class=OpenSearchNode` too.
"""

from __future__ import annotations

from typing import Any

from elastic_transport import HttpHeaders, Urllib3HttpNode
from elastic_transport.client_utils import DEFAULT
from urllib3 import Timeout

CONNECTS_WITHIN = 0.5  # seconds

_PLAIN = {
    "application/vnd.elasticsearch+json": "application/json",
    "application/vnd.elasticsearch+x-ndjson": "application/x-ndjson",
}


class QuickNode(Urllib3HttpNode):
    """A server that cannot be reached is noticed before one that thinks: a time-out of its own for connecting."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: Any = DEFAULT,
    ) -> Any:
        seconds = self.config.request_timeout if request_timeout is DEFAULT else request_timeout
        waits: Any = Timeout(connect=CONNECTS_WITHIN, read=seconds)
        return super().perform_request(method, target, body, headers, waits)


class OpenSearchNode(QuickNode):
    """Plain media types on the way there; on the way back the header that the client looks for."""

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: Any = DEFAULT,
    ) -> Any:
        sent = HttpHeaders(headers or {})
        for name in ("accept", "content-type"):
            if name in sent:
                sent[name] = _plain(sent[name])
        answer = super().perform_request(method, target, body, sent, request_timeout)
        answer.meta.headers = _with_product(answer.meta.headers)
        return answer


def _plain(value: str) -> str:
    """`application/vnd.elasticsearch+json; compatible-with=8` → `application/json`, each of several."""
    kinds = [part.split(";")[0].strip() for part in value.split(",")]
    return ",".join(_PLAIN.get(kind, kind) for kind in kinds)


def _with_product(headers: HttpHeaders) -> HttpHeaders:
    named = headers.copy()
    named["x-elastic-product"] = "Elasticsearch"
    return named
