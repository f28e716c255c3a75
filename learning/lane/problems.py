"""The stable error codes of the API, their HTTP status and their application/problem+json form (RFC 9457)."""

from __future__ import annotations

from typing import Any

import orjson

# code: (status, title). Outside programs decide by the code; titles and details are for people.
PROBLEMS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "bad_login": (401, "Number or password is wrong"),
    "not_signed_in": (401, "Sign in first"),
    "bad_token": (401, "The token is not valid here"),
    "not_open": (403, "Not open now"),
    "wrong_password": (403, "The exam password is wrong"),
    "not_found": (404, "No such thing"),
    "method_not_allowed": (405, "Method not allowed"),
    "too_early": (409, "Too early to submit"),
    "too_soon": (409, "Too soon after the last attempt"),
    "attempt_closed": (409, "The attempt is closed"),
    "time_remains": (409, "Time remains"),
    "no_attempts_left": (409, "No attempts left"),
    "too_large": (413, "The request is too large"),
    "invalid": (422, "The request is not valid"),
    "slow_down": (429, "Too many requests"),
    "failed": (500, "The server failed"),
    "busy": (503, "The server is busy, try again"),
}


class Problem(Exception):
    """An answer that is no success; `members` join its JSON. KeyError for a code that is not in PROBLEMS."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        retry_after_s: int | None = None,
        members: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.status, self.title = PROBLEMS[code]
        self.retry_after_s = retry_after_s
        self.members = members or {}

    def json(self) -> bytes:
        """The problem+json document."""
        return orjson.dumps({"code": self.code, "title": self.title, "detail": self.detail, **self.members})
