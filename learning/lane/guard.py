"""Whose request it is: the token that a page sends with each, for the object that the path names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from learning.lane.http import Request, json_object
from learning.lane.kept import Kept
from learning.lane.problems import Problem
from learning.lane.token import BadToken, Claims, Signer


def token_in_body(body: bytes, *, most: int) -> str:
    """The token in a body that sendBeacon sent past the lane, "" if there is none; Problem as `json_object`."""
    if b'"token"' not in body:
        return ""
    token = json_object(body, most=most).get("token")
    return token if isinstance(token, str) else ""


class Guard:
    """Takes tokens of one kind, from `header` or from the body, where sendBeacon puts them.

    The last `keep` good ones are remembered: a page sends the same one with every request.
    """

    def __init__(self, signer: Signer, *, kind: str, header: str, keep: int) -> None:
        self._signer, self._kind, self._header = signer, kind, header.lower().encode()
        self._good: Kept[str, Claims] = Kept(keep)

    def claims(self, request: Request, body: dict[str, Any], *, now: datetime) -> Claims:
        """Of a good token for this object; Problem `bad_token`, which does not tell why."""
        token = request.header(self._header) or body.get("token")
        if not isinstance(token, str):
            raise Problem("bad_token")
        claims = self._good.get(token)
        if claims is None or claims.id != request.id or now >= claims.expires_at:
            try:
                claims = self._good[token] = self._signer.verify(
                    token, kind=self._kind, of=request.id, now=now
                )
            except BadToken as error:
                raise Problem("bad_token") from error
        return claims
