"""The demo's passwords: made at the first run, kept in one file (0600), set again from there in any database. The
hash is kept beside, so that a start costs no hashing."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from django.contrib.auth.hashers import make_password
from django.db.models import Q

from learning.organisation.models import User

# Easy to type on a phone, and no look-alikes.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 10


class Login(TypedDict):
    number: str
    password: str


class _Kept(Login):
    hash: str


def kept_logins(path: Path, numbers: Iterable[str]) -> dict[str, Login]:
    """Number → login for every number, also set in the database in use."""
    kept: dict[str, _Kept] = json.loads(path.read_text()) if path.exists() else {}
    new = [number for number in numbers if number not in kept]
    for number in new:
        password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        kept[number] = {"number": number, "password": password, "hash": make_password(password)}
    if new:
        _write(path, json.dumps(kept, ensure_ascii=False, indent=1))
    _set(kept, list(numbers))
    return {number: {"number": number, "password": kept[number]["password"]} for number in numbers}


def _set(kept: dict[str, _Kept], numbers: list[str]) -> None:
    people = User.objects.filter(number__in=numbers)
    for user in people.filter(
        ~Q(password__in=[kept[n]["hash"] for n in numbers]) | Q(must_change_password=True)
    ):
        User.objects.filter(pk=user.pk).update(
            password=kept[user.number]["hash"],
            must_change_password=False,
            is_active=True,
            activated_at=user.created_at,
        )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
