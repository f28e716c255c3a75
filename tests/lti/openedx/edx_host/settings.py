"""Settings of the host: as little of edx-platform as its LTI consumer asks for. `__main__` says where it runs."""

import os

BASE = os.environ["EDX_BASE"]

DEBUG = False
SECRET_KEY = "guards a platform that lives as long as a test run"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "edx_host.views"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "lti_consumer",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crum.CurrentRequestUserMiddleware",
]
# Cookies know no ports: the tool on the same machine has a session too.
SESSION_COOKIE_NAME = "edx_session"
# As Open edX asks for: a deep-linking answer is a form posted from the tool's site.
SESSION_COOKIE_SAMESITE, SESSION_COOKIE_SECURE = "None", True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["EDX_DATABASE"],
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
    }
}
# Tables come from the models.
MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "sessions", "lti_consumer"])
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
USE_TZ = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"errors": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["errors"], "level": "WARNING"},
}

# What the consumer reads from edx-platform's settings.
USAGE_ID_PATTERN = r"(?P<usage_id>(?:[^/]+))"
LMS_ROOT_URL = LEARNING_MICROFRONTEND_URL = BASE
LMS_BASE = BASE.removeprefix("http://")
PLATFORM_NAME = "Open edX, as far as LTI goes"
OPENEDX_TELEMETRY: list[str] = []  # nobody watches
FEATURES: dict[str, bool] = {}
