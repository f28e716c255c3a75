"""What is kept of a secret that a browser or a link holds."""

import hashlib


def hashed(secret: str) -> str:
    """SHA-256 (hex). Our secrets are drawn at random from 256 bits: no salt, nothing slow."""
    return hashlib.sha256(secret.encode()).hexdigest()
