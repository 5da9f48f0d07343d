"""Settings of Prozesstool: one module; its values come from the environment through `env`.

README.md has the table of all variables.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from prozesstool import env, secretfile

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = env.folder("PROZESSTOOL_VAR", BASE_DIR / "var")

PRODUCTION = env.flag("PRODUCTION")
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or secretfile.read_or_make(VAR_DIR / "secret_key")
PORT = env.integer("PORT", 8000, least=1, most=65535)
WEB_WORKERS = env.integer("WEB_WORKERS", 2, least=1)
WEB_THREADS = env.integer("WEB_THREADS", 4, least=1)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,[::1],testserver")
BIND = env.text("BIND", "0.0.0.0" if PRODUCTION else "127.0.0.1")  # noqa: S104 - a proxy stands in front there
IS_HTTPS = env.flag("HTTPS", default=PRODUCTION)
SITE_URL = env.text("SITE_URL") or (
    f"https://{ALLOWED_HOSTS[0].lstrip('.')}" if PRODUCTION and ALLOWED_HOSTS else f"http://127.0.0.1:{PORT}"
)
SITE_URL = SITE_URL.rstrip("/")

INSTALLED_APPS = [
    "prozesstool",
    "people",
    "customers",
    "processes",
    "tasks",
    "django_fsm",
    "django_htmx",
    "lucide",
    "csp",
    "prozesstool.adminsite.OfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "prozesstool.middleware.request_id",
    "prozesstool.middleware.headers",
    "prozesstool.middleware.client_address",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "prozesstool.middleware.session_limits",
    "prozesstool.middleware.language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "prozesstool.middleware.htmx_login",
    "prozesstool.middleware.bad_input",
]
ROOT_URLCONF = "prozesstool.urls"
WSGI_APPLICATION = "prozesstool.wsgi.application"
AUTH_USER_MODEL = "people.User"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "prozesstool.shell.shell",
            ],
            "builtins": ["prozesstool.templatetags.shell"],
        },
    }
]

# -- database ------------------------------------------------------------------------------------------------

POSTGRES_OPTIONS = {
    "lock_timeout": "10s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "60s",
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database("DATABASE_URL", options=POSTGRES_OPTIONS)
    or {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(VAR_DIR / "prozesstool.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        # Tests use a file too: only there do WAL and IMMEDIATE mean what they mean in use.
        "TEST": {"NAME": str(VAR_DIR / "test.sqlite3")},
    }
}
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
SQLITE_ALLOWED = env.flag("PROZESSTOOL_ALLOW_SQLITE")
DATABASES["default"]["CONN_MAX_AGE"] = env.integer("CONN_MAX_AGE", 60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- language, time ------------------------------------------------------------------------------------------

LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

# -- accounts, sessions --------------------------------------------------------------------------------------

LOGIN_URL = "people:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "people:login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=2).total_seconds())
SESSION_COOKIE_AGE = env.integer("SESSION_IDLE_MINUTES", 480, least=1) * 60
SESSION_ABSOLUTE_AGE = env.integer("SESSION_HOURS", 12, least=1) * 3600
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_FAILURE_VIEW = "prozesstool.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# -- what leaves with every answer ---------------------------------------------------------------------------

SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
BEHIND_PROXY = env.flag("BEHIND_PROXY")
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# -- files ---------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "files"
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700
UPLOAD_LIMIT = env.integer("UPLOAD_MEGABYTES", 25, least=1, most=2000) * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "prozesstool.uploads.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 10
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# -- mail ----------------------------------------------------------------------------------------------------

DEFAULT_FROM_EMAIL = env.text("MAIL_FROM", "prozesstool@localhost")
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_TIMEOUT = 20
globals().update(env.mail("EMAIL_URL"))

# -- broker and clock ----------------------------------------------------------------------------------------


def _broker_socket() -> Path:
    """The private broker's socket; socket paths longer than 107 characters do not work, so shorten them."""
    path = VAR_DIR / "run" / "broker.sock"
    if len(str(path)) <= 100:
        return path
    name = hashlib.sha256(str(VAR_DIR).encode()).hexdigest()[:16]
    return Path(f"/tmp/prozesstool-{name}") / "broker.sock"  # noqa: S108 - the folder is made with mode 0700


BROKER_SOCKET = _broker_socket()
REDIS_URL = env.broker("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "clock"
CELERY_TASK_ROUTES = {"tasks.jobs.deliver": {"queue": "mail"}, "tasks.jobs.perform": {"queue": "work"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
TICK_SECONDS = env.integer("TICK_SECONDS", 5, least=1, most=300)
STANDSTILL_MINUTES = env.integer("STANDSTILL_MINUTES", 15, least=1)
STANDSTILL_GRACE_DAYS = env.integer("STANDSTILL_GRACE_DAYS", 1, least=0, most=30)
TICK_BUDGET_SECONDS = env.integer("TICK_BUDGET_SECONDS", 50, least=1)
MAIL_WAITS = env.flag("MAIL_WAITS", True)
CELERY_BEAT_SCHEDULE = {
    name: {
        "task": f"tasks.jobs.{name}",
        "schedule": timedelta(seconds=TICK_SECONDS),
        "options": {"expires": max(TICK_SECONDS - 1, 1)},
    }
    for name in ("tick", "recompute", "deliver", "perform")
}
CELERY_BEAT_SCHEDULE["remove_trials"] = {
    "task": "tasks.jobs.remove_trials",
    "schedule": timedelta(hours=1),
    "options": {"expires": 3600},
}

# -- other systems -------------------------------------------------------------------------------------------

WEBHOOK_HOSTS = env.words("WEBHOOK_HOSTS")
WEBHOOK_SECRET = (
    env.text("WEBHOOK_SECRET") or hmac.new(SECRET_KEY.encode(), b"webhooks", hashlib.sha256).hexdigest()
)

# -- logs ----------------------------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "prozesstool.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # Refusals (4xx) have their line by the request; here they would stand twice.
        "django.request": {"level": "ERROR"},
        # The clock ticks every few seconds; only what goes wrong there is news.
        "celery": {"level": "WARNING"},
    },
}
# `middleware.headers` sends X-Frame-Options, on static files and error pages too.
SILENCED_SYSTEM_CHECKS = ["security.W002"]
