"""One-time codes as text: how they are drawn, read and hashed. Pure but for the random source and the site's key."""

from __future__ import annotations

from datetime import timedelta
from unicodedata import normalize

from django.utils.crypto import get_random_string, salted_hmac

from .models import AccessCode

# Without look-alikes (0 O 1 I L): codes are read aloud and copied by hand.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
LENGTH = 8  # 31**8 ≈ 8.5e11 codes against 5 tries
MAX_FAILED_TRIES = 5

LIFETIME = {
    AccessCode.Kind.ACTIVATION: timedelta(days=30),
    AccessCode.Kind.RESET: timedelta(days=1),
    AccessCode.Kind.ROOM: timedelta(hours=4),
}


def draw() -> str:
    """A new code as it is shown: "K7MX-3PQR"."""
    text = get_random_string(LENGTH, ALPHABET)
    return f"{text[:4]}-{text[4:]}"


def read(typed: str) -> str:
    """What was typed, as the code's bare letters: full-width forms, case, spaces and hyphens do not matter."""
    return "".join(letter for letter in normalize("NFKC", typed).upper() if letter.isalnum())


def hashed(user_id: int, code: str) -> str:
    """Keyed by the site's secret and the person, so that a stolen table cannot be searched or compared."""
    return salted_hmac("organisation.access_code", f"{user_id}:{read(code)}", algorithm="sha256").hexdigest()
