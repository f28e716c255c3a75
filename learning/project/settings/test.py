"""Tests: fast hashes, no manifest, tasks run in the caller; the database of DATABASE_URL or SQLite."""

import os

from .base import *  # noqa: F403 — a settings module is the sum of its base and its own lines
from .base import CACHES, REDIS_URL, STORAGES

SECRET_KEY = "only-for-tests-and-long-enough-for-any-signature"  # noqa: S105 — guards nothing
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True

# Several test workers on one Redis: a database each, or one would read and clear what the other has kept.
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")
if REDIS_URL and _worker:
    CACHES["default"]["LOCATION"] = f"{REDIS_URL.rpartition('/')[0]}/{int(_worker.removeprefix('gw')) + 1}"
