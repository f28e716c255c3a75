"""Tests: fast hashes, no manifest, tasks run in the caller; the database of DATABASE_URL or SQLite."""

from .base import *  # noqa: F403 — a settings module is the sum of its base and its own lines
from .base import STORAGES

SECRET_KEY = "only-for-tests-and-long-enough-for-any-signature"  # noqa: S105 — guards nothing
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
