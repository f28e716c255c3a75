"""No token reaches the screen, whatever a platform puts where."""

from __future__ import annotations

from lti.services.redacting import redact

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def test_claims_stay_as_they_are() -> None:
    claims = {
        "sub": "1",
        "https://purl.imsglobal.org/spec/lti/claim/roles": ["Learner"],
        "n": [1, None, True],
    }
    assert redact(claims) == claims


def test_tokens_are_taken_out_wherever_they_stand() -> None:
    said = {
        "id_token": "x",
        "custom": {"https://a.example/access_token": "y", "echo": f"Bearer {TOKEN}"},
        "l": [TOKEN],
    }
    assert redact(said) == {
        "id_token": "…",
        "custom": {"https://a.example/access_token": "…", "echo": "Bearer …"},
        "l": ["…"],
    }
