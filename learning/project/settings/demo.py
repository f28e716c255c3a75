"""The embedded default: one machine, SQLite, files on disk; its secret is made at the first run and kept under var/."""

import os
import secrets

from .base import *  # noqa: F403 — a settings module is the sum of its base and its own lines
from .base import SECRET_KEY, STATIC_ROOT, STORAGES, VAR


def kept_secret() -> str:
    """The installation's own key from var/secret_key (0600), made at the first call."""
    path = VAR / "secret_key"
    VAR.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = SECRET_KEY or kept_secret()
ALLOWED_HOSTS = ["*"]
# No collectstatic for the newcomer: files are served where they lie.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
