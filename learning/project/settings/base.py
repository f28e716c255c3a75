"""What every installation shares. Parts that a campus outgrows are chosen by environment variables:
DATABASE_URL, REDIS_URL, SECRET_KEY, ALLOWED_HOSTS, MEDIA_ROOT, SITE_PREFIX; unset, the embedded default runs."""

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from learning.project.logs import shorten_refusal
from learning.project.switches import LTI_ENABLED

ROOT = Path(__file__).resolve().parents[3]
VAR = Path(os.environ.get("DANGXIAO_VAR", ROOT / "var"))

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "")
# Old keys that are still accepted while the key is changed, separated by commas.
SECRET_KEY_FALLBACKS = [key for key in os.environ.get("SECRET_KEY_FALLBACKS", "").split(",") if key]
ALLOWED_HOSTS = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]
# The site works under a sub-path ("/dangxiao") behind a proxy that strips it.
SITE_PREFIX = os.environ.get("SITE_PREFIX", "").rstrip("/")
FORCE_SCRIPT_NAME = SITE_PREFIX or None

# Networks within private address space in which campus platforms stand, as CIDR: "10.20.0.0/16,192.168.8.0/24".
# A wrong one stops the start.
_NETWORKS = map(str.strip, os.environ.get("LTI_PRIVATE_NETWORKS", "").split(","))
LTI_PRIVATE_NETWORKS = [str(ip_network(net, strict=False)) for net in _NETWORKS if net]

INSTALLED_APPS = [
    "learning.project.apps.ProjectConfig",
    "learning.organisation.apps.OrganisationConfig",
    "learning.study.apps.StudyConfig",
    "question_bank.questions.apps.QuestionsConfig",
    "question_bank.exams.apps.ExamsConfig",
    "courses.apps.CoursesConfig",
    "reports.apps.ReportsConfig",
    "search.apps.SearchConfig",
    "learning.project.apps.MembersWagtailUsersConfig",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.snippets",
    "wagtail.search",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "treebeard",
    "axes",
    "django_htmx",
    "ninja",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]
if LTI_ENABLED:  # after the rooms whose screens it adds to
    INSTALLED_APPS.insert(INSTALLED_APPS.index("reports.apps.ReportsConfig") + 1, "lti.apps.LtiConfig")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "learning.project.middleware.ApiProblemsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "learning.organisation.middleware.FirstChangeMiddleware",
    "learning.organisation.middleware.AdminDoorsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "learning.project.middleware.ContentSecurityPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
if LTI_ENABLED:  # before everything that reads or sets a cookie; and around the views
    MIDDLEWARE.insert(
        MIDDLEWARE.index("learning.project.middleware.ApiProblemsMiddleware") + 1,
        "lti.middleware.LaunchedCookiesMiddleware",
    )
    MIDDLEWARE.append("lti.middleware.LaunchedSessionMiddleware")

ROOT_URLCONF = "learning.project.urls"
WSGI_APPLICATION = "learning.project.wsgi.application"
ASGI_APPLICATION = "learning.project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "learning.project.context.site",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def database() -> dict[str, Any]:
    """DATABASE_URL, or one SQLite file under VAR set up so that writers queue instead of failing."""
    config: dict[str, Any] = dict(
        dj_database_url.config(default=f"sqlite:///{VAR / 'dangxiao.sqlite3'}", conn_max_age=600)
    )
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
SESSION_ENGINE = (
    "django.contrib.sessions.backends.cached_db" if REDIS_URL else "django.contrib.sessions.backends.db"
)
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_NAME = "dangxiao_session"
CSRF_COOKIE_NAME = "dangxiao_csrf"

AUTH_USER_MODEL = "organisation.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "learning.organisation.backends.NumberBackend",
]
if LTI_ENABLED:
    AUTHENTICATION_BACKENDS.append("lti.backends.LaunchBackend")
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("number", "full_name", "email", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# A lab of 500 candidates shares one address: the lock is on account and device, never on the address alone.
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "user_agent"]]
AXES_HANDLER = "learning.organisation.lockout.DeviceHandler"
AXES_USERNAME_CALLABLE = "learning.organisation.lockout.account_of"
AXES_LOCKOUT_CALLABLE = "learning.organisation.lockout.locked_out"
AXES_USERNAME_FORM_FIELD = "number"
AXES_RESET_ON_SUCCESS = True
# A try during the lock neither counts nor prolongs it, and it is the lock itself that answers 429.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_VERBOSE = False

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("简体中文")), ("en", "English")]
WAGTAIL_CONTENT_LANGUAGES = [("zh-hans", "简体中文")]
WAGTAILADMIN_PERMITTED_LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "learning" / "project" / "locale"]
LANGUAGE_COOKIE_NAME = "dangxiao_language"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# Rooted here: under WSGI Django learns the prefix only with the first request, too late for a relative one.
STATIC_URL = f"{SITE_PREFIX}/static/"
STATIC_ROOT = VAR / "static"
MEDIA_URL = f"{SITE_PREFIX}/media/"
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", VAR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "learning.project.staticfiles.HashedStaticFiles"},
}
# The largest course material that may be uploaded; nginx has the same figure (client_max_body_size of /admin/materials/).
MATERIAL_MAX_BYTES = int(os.environ.get("MATERIAL_MAX_BYTES", str(1024**3)))
# Who sends the files of lessons: "" = this site itself, "x-accel" = nginx, told by us who may have what.
MEDIA_HANDOVER = os.environ.get("MEDIA_HANDOVER", "")
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

WAGTAIL_SITE_NAME = "党校"
WAGTAILADMIN_BASE_URL = os.environ.get("ADMIN_BASE_URL", "")
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_WORKFLOW_ENABLED = False
WAGTAILUSERS_PASSWORD_ENABLED = False
WAGTAILEMBEDS_FINDERS: list[dict[str, Any]] = []
WAGTAILADMIN_LOGIN_URL = "login"
WAGTAIL_FRONTEND_LOGIN_URL = "login"
# Where the search looks: unset, in the database; elasticsearch://… or opensearch://… (docs/operators-guide.md).
SEARCH_URL = os.environ.get("SEARCH_URL", "")
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "search.wagtail_backend"}}

# Celery: Redis where there is one, otherwise Kombu's filesystem transport. Tasks carry ids only; their work is a row.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"  # Kombu warns where a host is missing
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = (
    {}
    if REDIS_URL
    else {
        "data_folder_in": str(VAR / "queue" / "messages"),
        "data_folder_out": str(VAR / "queue" / "messages"),
        "processed_folder": str(VAR / "queue" / "processed"),
        "control_folder": str(VAR / "queue" / "control"),
        "store_processed": False,
    }
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

# Right answers in a row after which a question leaves the wrong-answer notebook, 1 to 5.
NOTEBOOK_RIGHTS_TO_LEAVE = 3
# Credit hours (学时) expected in a year: 32 of a Party member, 56 of a secretary.
STUDY_YEARLY_TARGET_HOURS = {"member": 32, "secretary": 56}

X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
# axes.W006 wants the address among the lock's keys; lockout.py counts what changing the device would get round.
# models.W040: SQLite leaves out the columns that an index only carries along, as it may.
SILENCED_SYSTEM_CHECKS = ["axes.W006", "models.W040"]

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"refusals": {"()": "django.utils.log.CallbackFilter", "callback": shorten_refusal}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["refusals"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"dangxiao": {"level": "INFO"}, "axes": {"level": "ERROR"}},
}
