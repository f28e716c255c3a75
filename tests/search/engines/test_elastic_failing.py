"""Whatever a server does, searching hears EngineDown, soon, and no password."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from search.analysis.queries import parse
from search.engines.address import Address
from search.engines.base import Document, EngineDown
from search.engines.breaker import Breaker, Refused, State
from search.engines.elastic import ElasticEngine, connect

FOUND: dict[str, Any] = {
    "took": 1,
    "timed_out": False,
    "_shards": {"total": 1, "successful": 1, "failed": 0},
    "hits": {
        "total": {"value": 1, "relation": "eq"},
        "max_score": 4.0,
        "hits": [{"_index": "x", "_id": "7", "_score": 4.0, "sort": [4.0, 7]}],
    },
    "aggregations": {
        f"_filter_{facet}": {"doc_count": 1, facet: {"buckets": [{"key": "a", "doc_count": 1}]}}
        for facet in ("kind", "topic", "teacher", "year", "unit")
    },
}
DOCUMENT = Document(7, frozenset({"党章"}), frozenset({"党章"}), frozenset(), {}, 0)


class Server:
    """Answers each request with `answers` in turn, the last one for good; `seen` are (method and path, headers, body)."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.answers: list[tuple[int, Any, dict[str, str]]] = [(200, FOUND, {})]
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.hangs = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                sent = {name.lower(): value for name, value in self.headers.items()}
                outer.seen.append((f"{self.command} {self.path}", sent, self.rfile.read(length)))
                status, said, headers = outer.answers[0] if len(outer.answers) == 1 else outer.answers.pop(0)
                if said is None:
                    outer.hangs.wait(10)
                    return
                body = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in {"content-type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer  # noqa: N815

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def address(self) -> Address:
        return Address("opensearch", "127.0.0.1", self.http.server_port, "finder", "geheim", "x")

    def close(self) -> None:
        self.hangs.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture
def engine(server: Server) -> ElasticEngine:
    return engine_at(server.address)


def engine_at(address: Address) -> ElasticEngine:
    client = connect(address).options(request_timeout=0.3)
    return ElasticEngine(client, name=address.engine, prefix=address.prefix, breaker=Breaker(failures=3))


def find(engine: ElasticEngine) -> Any:
    return engine.find(parse("党章"), keys=None, filters={}, first=0, count=20)


def titles(engine: ElasticEngine) -> Any:
    return engine.titles(parse("党章"), keys=None, count=8)


def similar(engine: ElasticEngine) -> Any:
    return engine.similar(parse("党章"), keys=None, filters={}, count=200)


def count(engine: ElasticEngine) -> Any:
    return engine.count()


def put(engine: ElasticEngine) -> Any:
    engine.put([DOCUMENT])


def drop(engine: ElasticEngine) -> Any:
    engine.drop([7])


def rebuild(engine: ElasticEngine) -> Any:
    engine.rebuild([[DOCUMENT]])


ACTS = (find, titles, similar, count, put, drop, rebuild)


def without(path: str) -> dict[str, Any]:
    """FOUND less one thing."""
    copy: dict[str, Any] = json.loads(json.dumps(FOUND))
    *above, last = path.split("/")
    inner: Any = copy
    for step in above:
        inner = inner[step]
    del inner[last]
    return copy


BAD_ANSWERS: dict[str, tuple[int, Any, dict[str, str]]] = {
    "broken": (500, {"error": {"type": "some_exception", "reason": "for finder:geheim"}, "status": 500}, {}),
    "broken, in words": (502, b"<html>finder geheim</html>", {"content-type": "text/html"}),
    "busy": (429, {"error": {"type": "circuit_breaking_exception"}, "status": 429}, {}),
    "no right": (403, {"error": {"type": "security_exception", "reason": "finder"}, "status": 403}, {}),
    "wrong password": (401, b"Unauthorized finder", {"content-type": "text/plain"}),
    "another page": (200, b"<html>Welcome</html>", {"content-type": "text/html"}),
    "no JSON": (200, b'{"hits": {', {}),
    "an empty object": (200, {}, {}),
    "a list": (200, [1, 2], {}),
    "a number": (200, 7, {}),
    "nothing at all": (200, b"", {}),
    "no UTF-8": (200, b'{"took": "\xff\xfe"}', {}),
    "deep": (200, b"[" * 100_000, {}),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("answer", BAD_ANSWERS)
def test_bad_answer_is_engine_down_without_names(
    answer: str, act: Callable[[ElasticEngine], Any], server: Server, engine: ElasticEngine
) -> None:
    server.answers = [BAD_ANSWERS[answer]]
    with pytest.raises(EngineDown) as raised:
        act(engine)
    reason = str(raised.value)
    assert 0 < len(reason) < 120
    assert "geheim" not in reason
    assert "finder" not in reason
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "answer",
    [
        without("timed_out"),
        FOUND | {"timed_out": True},
        FOUND | {"_shards": {"total": 2, "successful": 1, "failed": 1}},
        without("hits"),
        without("hits/total"),
        without("aggregations"),
        without("aggregations/_filter_unit"),
        FOUND | {"hits": FOUND["hits"] | {"total": {"value": 10_000, "relation": "gte"}}},
        FOUND | {"hits": FOUND["hits"] | {"hits": [{"_id": "seven", "_score": 4.0}]}},
        FOUND | {"hits": FOUND["hits"] | {"hits": [{"_id": "7", "_score": 93.5}]}},
        FOUND | {"hits": FOUND["hits"] | {"hits": [{"_id": "7", "_score": None}]}},
    ],
)
def test_answer_in_part_or_of_another_form_is_engine_down(
    answer: dict[str, Any], server: Server, engine: ElasticEngine
) -> None:
    assert find(engine).total == 1
    server.answers = [(200, answer, {})]
    with pytest.raises(EngineDown):
        find(engine)


@pytest.mark.parametrize("act", [find, titles, similar, count])
def test_silent_server_is_given_up_and_then_not_asked(
    act: Callable[[ElasticEngine], Any], server: Server, engine: ElasticEngine
) -> None:
    server.answers = [(200, None, {})]
    for _ in range(6):
        with pytest.raises(EngineDown):
            act(engine)
    assert len(server.seen) == 3
    assert engine.breaker.state is State.OPEN


def test_nobody_at_the_door_opens_the_breaker() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: refused
        engine = engine_at(Address("opensearch", "127.0.0.1", unused.getsockname()[1]))
        for _ in range(3):
            with pytest.raises(EngineDown, match="ConnectionError"):
                find(engine)
    assert engine.breaker.state is State.OPEN


def test_a_refused_question_opens_no_breaker(server: Server, engine: ElasticEngine) -> None:
    server.answers = [(400, {"error": {"type": "too_many_clauses"}, "status": 400}, {})]
    for _ in range(5):
        with pytest.raises(Refused, match="HTTP 400 too_many_clauses"):
            find(engine)
    assert engine.breaker.state is State.CLOSED


def test_without_an_index_there_is_nothing_to_count_and_nothing_to_drop(
    server: Server, engine: ElasticEngine
) -> None:
    missing = {"error": {"type": "index_not_found_exception"}, "status": 404}
    server.answers = [(404, missing, {})]
    assert engine.count() == 0
    for act in (find, titles, similar):
        with pytest.raises(Refused, match="search_rebuild"):
            act(engine)
    item = {"delete": {"_id": "7", "status": 404, "error": {"type": "index_not_found_exception"}}}
    server.answers = [(200, {"took": 1, "errors": True, "items": [item]}, {})]
    engine.drop([7])


@pytest.mark.parametrize(("status", "counts"), [(400, False), (429, True), (503, True)])
def test_document_that_is_not_taken_is_engine_down(
    status: int, counts: bool, server: Server, engine: ElasticEngine
) -> None:
    item = {"index": {"_id": "7", "status": status, "error": {"type": "some_exception", "reason": "geheim"}}}
    server.answers = [(200, {"took": 1, "errors": True, "items": [item]}, {})]
    with pytest.raises(EngineDown, match=f"HTTP {status} some_exception") as raised:
        put(engine)
    assert isinstance(raised.value, Refused) is not counts
    assert "geheim" not in str(raised.value)


def test_opensearch_is_asked_in_plain_json(server: Server, engine: ElasticEngine) -> None:
    find(engine)
    server.answers = [
        (200, {"took": 1, "errors": False, "items": [{"index": {"_id": "7", "status": 201}}]}, {})
    ]
    put(engine)
    [(search, asked, body), (bulk, sent, _)] = server.seen
    assert search == "POST /x-entries/_search"
    assert json.loads(body)["size"] == 20
    assert bulk == "PUT /x-entries/_bulk?require_alias=true"
    assert asked["accept"] == asked["content-type"] == "application/json"
    assert sent["content-type"] == "application/x-ndjson"
    assert asked["authorization"].startswith("Basic ")


def test_elasticsearch_is_asked_in_its_own_form_and_must_name_itself(server: Server) -> None:
    address = server.address
    engine = engine_at(Address("elasticsearch", address.host, address.port))
    with pytest.raises(EngineDown, match="opensearch://"):
        find(engine)
    server.answers = [(200, FOUND, {"x-elastic-product": "Elasticsearch"})]
    assert find(engine).hits == [(7, 0)]
    assert all("compatible-with=" in headers["accept"] for _, headers, _ in server.seen)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "search.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_https_is_asked_only_where_the_certificate_is_trusted(certificate: Path) -> None:
    server = Server(certificate)
    try:
        trusting = replace(server.address, https=True, ca=str(certificate))
        assert find(engine_at(trusting)).total == 1
        with pytest.raises(EngineDown, match="TlsError"):
            find(engine_at(replace(trusting, ca="")))
        assert len(server.seen) == 1
    finally:
        server.close()
