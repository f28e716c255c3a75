"""Launches over HTTP: log-in and launch of students whom the tool knows, each with a token of its own, the platform's
keys read once."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from .bench import Bench
from .cluster import free_port
from .figures import Figures
from .load import Window
from .measuring import figures, rounds
from .servers import ROOT, site, started

STUDENTS, BROWSERS = 2_000, 4
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
CLIENT, DEPLOYMENT = "bench-client", "bench"

REGISTER = """
import sys
from datetime import timedelta
import django
django.setup()
from django.utils import timezone
from learning.organisation.models import Unit
from lti.models import Deployment, Platform
from question_bank.exams.models import Exam
issuer = sys.argv[1]
exam = Exam.objects.filter(state="published").order_by("pk").first()
unit = Unit.objects.get(path=exam.owner_unit.path[:Unit.steplen])
platform = Platform.objects.create(
    name="Bench", state="active", issuer=issuer, client_id="bench-client", auth_url=f"{issuer}/auth",
    token_url=f"{issuer}/token", jwks_url=f"{issuer}/jwks", unit=unit, default_unit=unit,
    allow_insecure_loopback=True,
)
Deployment.objects.create(platform=platform, deployment_id="bench", state="active")
print(exam.pk)
"""


def launches(bench: Bench) -> Figures:
    """A launch is two requests; its latency leaves out the platform's own part, the signing. Every one must land on the
    exam. The first window, of people whom nobody knew, makes their accounts; it is told in the notes."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    with platform(key) as (issuer, asked):
        run = subprocess.run(
            [sys.executable, "-c", REGISTER, issuer],
            cwd=ROOT, env=bench.variables, check=True, capture_output=True, text=True,
        )  # fmt: skip
        exam = run.stdout.split()[-1]
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        command, port = site(workers=os.cpu_count() or 2)
        with started(command, port, bench.variables) as server, ProcessPoolExecutor(BROWSERS) as browsers:

            def window(seconds: float, students: int) -> Window:
                jobs = [
                    browsers.submit(launch, Campus(port, issuer, pem, exam), seconds, students, number)
                    for number in range(BROWSERS)
                ]
                began = time.monotonic()
                took = sorted(each for job in jobs for each in job.result())
                return _window(took, time.monotonic() - began)

            first = window(bench.pace.window_s, 10**9)
            window(2, STUDENTS)
            runs = [lambda: window(bench.pace.window_s, STUDENTS)] * (bench.pace.rounds + bench.pace.spare)
            found = rounds(
                bench.cluster, server, runs, count=bench.pace.rounds, pgbench_s=bench.pace.pgbench_s
            )
    said = figures("launches", found, errors=first.errors)
    said.notes.append(f"first launches of new people {first.per_second:.0f}/s, p99 {first.p99_ms:.0f} ms")
    said.notes.append(f"keys asked for {len(asked)} times")
    return said


class Campus(NamedTuple):
    """The tool's port, the platform's address and signing key, the exam that is linked."""

    port: int
    issuer: str
    pem: bytes
    exam: str


def launch(campus: Campus, seconds: float, students: int, number: int) -> list[float]:
    """Milliseconds of each launch by one browser after another, until the time is up; -1 of one that went wrong."""
    port, issuer, pem, exam = campus
    key = load_pem_private_key(pem, password=None)  # once: reading it costs more than signing with it
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    host = f"http://127.0.0.1:{port}"
    took: list[float] = []
    until = time.monotonic() + seconds
    for turn in count():
        if time.monotonic() > until:
            return took
        # Browsers take turns among the students; of new ones each has its own.
        sub = (
            f"student-{(turn * BROWSERS + number) % students}" if students < 10**9 else f"new-{number}-{turn}"
        )
        asked = {
            "iss": issuer,
            "client_id": CLIENT,
            "login_hint": sub,
            "target_link_uri": f"{host}/lti/launch",
        }
        began = time.perf_counter()
        connection.request("GET", f"/lti/login?{urlencode(asked)}")
        answer = connection.getresponse()
        answer.read()
        taken = time.perf_counter() - began
        sent = parse_qs(urlsplit(answer.headers.get("Location", "")).query)
        if answer.status != 302 or "nonce" not in sent:
            took.append(-1)
            continue
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
        token = jwt.encode(
            _claims(issuer, sub, sent["nonce"][0], exam, host),
            key,
            algorithm="RS256",
            headers={"kid": "bench"},
        )
        began = time.perf_counter()
        connection.request(
            "POST",
            "/lti/launch",
            urlencode({"state": sent["state"][0], "id_token": token}),
            {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie},
        )
        answer = connection.getresponse()
        answer.read()
        taken += time.perf_counter() - began
        landed = answer.status == 302 and answer.headers["Location"] == f"/exams/{exam}/"
        took.append(taken * 1000 if landed else -1)
    return took


def _claims(issuer: str, sub: str, nonce: str, exam: str, host: str) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": issuer, "aud": CLIENT, "sub": sub, "iat": now, "exp": now + 300, "nonce": nonce, "name": "王小明",
        f"{CLAIM}message_type": "LtiResourceLinkRequest", f"{CLAIM}version": "1.3.0",
        f"{CLAIM}deployment_id": DEPLOYMENT, f"{CLAIM}target_link_uri": f"{host}/lti/launch",
        f"{CLAIM}resource_link": {"id": "exam"}, f"{CLAIM}roles": [LEARNER],
        f"{CLAIM}context": {"id": "course", "title": "党课"}, f"{CLAIM}custom": {"exam": exam},
    }  # fmt: skip


def _window(took: list[float], seconds: float) -> Window:
    good = [each for each in took if each >= 0]
    if not good:
        return Window(0, seconds, 0, 0, 0, len(took) or 1)

    def at(share: float) -> float:
        return good[min(len(good) - 1, int(len(good) * share))]

    return Window(len(good), seconds, at(0.5), at(0.95), at(0.99), len(took) - len(good))


@contextmanager
def platform(key: RSAPrivateKey) -> Iterator[tuple[str, list[str]]]:
    """A platform that publishes its keys, and what it was asked for."""
    public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | {
        "kid": "bench",
        "alg": "RS256",
        "use": "sig",
    }
    body = json.dumps({"keys": [public]}).encode()
    asked: list[str] = []

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    port = free_port()
    server = ThreadingHTTPServer(("127.0.0.1", port), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{port}", asked
    finally:
        server.shutdown()
