"""A campus installation behind TLS: refuses to start without its secret and hosts."""

import os

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403 — a settings module is the sum of its base and its own lines
from .base import ALLOWED_HOSTS, SECRET_KEY

if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set.")
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("ALLOWED_HOSTS is not set.")

# Plain-HTTP intranets exist: INSECURE_HTTP=1 says so on purpose.
_TLS = os.environ.get("INSECURE_HTTP") != "1"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _TLS
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if _TLS else 0
