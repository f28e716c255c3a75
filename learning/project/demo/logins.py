"""The demo's passwords: made at the first run, kept in one file (0600), set again from there in any database. The
hash is kept beside, so that a later start costs no hashing; the first one hashes on every core, beside the migrations."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
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


class KeptLogin(Login):
    hash: str


def kept_logins(path: Path, numbers: Iterable[str]) -> dict[str, KeptLogin]:
    """Number → login for every number, from the file or new and now in it. Needs no database."""
    wanted = list(numbers)
    kept: dict[str, KeptLogin] = json.loads(path.read_text()) if path.exists() else {}
    new = [number for number in wanted if number not in kept]
    if new:
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the hash function lets other threads run
            kept |= zip(new, pool.map(_made, new), strict=True)
        _write(path, json.dumps(kept, ensure_ascii=False, indent=1))
    return {number: kept[number] for number in wanted}


def _made(number: str) -> KeptLogin:
    password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return {"number": number, "password": password, "hash": make_password(password)}


def set_logins(kept: dict[str, KeptLogin]) -> dict[str, Login]:
    """The same logins without their hashes, once they are set in the database in use."""
    people = User.objects.filter(number__in=kept)
    hashes = [login["hash"] for login in kept.values()]
    for user in people.filter(~Q(password__in=hashes) | Q(must_change_password=True)):
        User.objects.filter(pk=user.pk).update(
            password=kept[user.number]["hash"],
            must_change_password=False,
            is_active=True,
            activated_at=user.created_at,
        )
    return {number: {"number": number, "password": login["password"]} for number, login in kept.items()}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)
