"""What every way of running the hub shares. Safe by default: what loosens a rule is said in ``local``."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _
from kombu import Queue

# Django's own classes take type parameters (``ModelAdmin[Entry]``) only once this ran.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

DEBUG = False
DEMO = env.bool("DEMO", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
SITE_NAME = "ClusterHub"
# The address people reach the hub under: used where no request is at hand (e-mails, feeds).
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

# Name and address of the body that runs this hub, for the imprint.
OPERATOR = env.str("OPERATOR", default="", multiline=True)
# Where people write who cannot use something or have a question, and what the model of the accessibility statement asks
# of its country: the law that took over Directive (EU) 2016/2102, and who enforces it (name and address).
CONTACT_EMAIL = env.str("CONTACT_EMAIL", default="")
ACCESSIBILITY_LAW = env.str("ACCESSIBILITY_LAW", default="")
ACCESSIBILITY_BODY = env.str("ACCESSIBILITY_BODY", default="", multiline=True)
ACCESSIBILITY_BODY_URL = env.str("ACCESSIBILITY_BODY_URL", default="")

ROOT_URLCONF = "clusterhub.urls"
WSGI_APPLICATION = "clusterhub.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

INSTALLED_APPS = [
    "apps.portal",
    "apps.knowledge",
    "apps.exchanges",
    "apps.publishing",
    "apps.reviews",
    "apps.following",
    "apps.organisations",
    "apps.search",
    "apps.notifications",
    "apps.files",
    "apps.taxonomy",
    "apps.audit",
    "apps.accounts",
    "apps.core",
    "apps.accounts.admin_app.HubAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "apps.portal.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.CompressForVisitorsMiddleware",
    "csp.middleware.CSPMiddleware",
    "apps.core.middleware.RefuseUnreadableMiddleware",
    "apps.files.middleware.UploadGuardMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.core.middleware.NothingKeptMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.accounts.middleware.PersonalSettingsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

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
                "apps.core.context_processors.site",
                "apps.notifications.context_processors.unread",
            ],
        },
    },
]
FORM_RENDERER = "apps.core.forms.HubFormRenderer"

# --- Data -------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **env.db("DATABASE_URL", default="postgres://clusterhub@127.0.0.1:5432/clusterhub"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
        # Just-in-time compilation costs more than it gives on the hub's short statements (measured).
        "OPTIONS": {"options": "-c jit=off"},
    }
}
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {
        "BACKEND": "apps.core.caching.PatientCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "clusterhub",
    }
}
# In the database alone: a copy in the cache would bring back a session that ended while the cache was away.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Files ------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if env.bool("S3_ENABLED", default=False):
    STORAGES["default"] = {
        "BACKEND": "apps.files.s3.StreamingS3Storage",
        "OPTIONS": {
            "bucket_name": env.str("S3_BUCKET"),
            "endpoint_url": env.str("S3_ENDPOINT", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("S3_SECRET_KEY", default="") or None,
        },
    }
# A body may take so long, and longer for what has come of it: 50 MB may take an hour and three quarters.
BODY_GRACE_SECONDS = 20
BODY_BYTES_A_SECOND = 8 * 1024
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=50 * 1024 * 1024)
# Text fields of one form; files are streamed to disk and limited by UPLOAD_MAX_BYTES.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Every upload goes to a temporary file, so that the memory of a web process does not grow with it.
FILE_UPLOAD_HANDLERS = ["apps.core.uploadhandlers.LimitedUploadHandler"]
CLAMD_ADDRESS = env.str("CLAMD_ADDRESS", default="")
# What an archive or office file may come to when unpacked, and a picture in points.
UPLOAD_MAX_UNPACKED_BYTES = 10 * UPLOAD_MAX_BYTES
UPLOAD_MAX_PIXELS = 50_000_000
# Limits of the child process that reads the text out of a file.
EXTRACTION_MAX_CHARS = 2_000_000
EXTRACTION_MAX_CPU_SECONDS = 60
EXTRACTION_MAX_SECONDS = 180
EXTRACTION_MAX_MEMORY_BYTES = 1024 * 1024 * 1024

# --- People -----------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:dashboard"
LOGOUT_REDIRECT_URL = "portal:home"
ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SIGNUP_FORM_CLASS = "apps.accounts.forms.SignupForm"
ACCOUNT_FORMS = {
    "add_email": "apps.accounts.signin.AddEmailForm",
    "change_password": "apps.accounts.signin.ChangePasswordForm",
    "login": "apps.accounts.signin.LoginForm",
    "reauthenticate": "apps.accounts.signin.ReauthenticateForm",
    "reset_password": "apps.accounts.signin.ResetPasswordForm",
    "reset_password_from_key": "apps.accounts.signin.ResetPasswordKeyForm",
    "set_password": "apps.accounts.signin.SetPasswordForm",
    "signup": "apps.accounts.signup.SignupForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# For each action: so many in that time from one network address, or for one account ("key").
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "signup": "20/m/ip"}
# How many proxies of ours stand before the hub: without it all people share the proxy's address and its limits.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# Raise it when the privacy statement changes: people are then asked again.
PRIVACY_VERSION = env.str("PRIVACY_VERSION", default="1")
# Whether the administration opens only to who has used a second factor in the session.
STAFF_SECOND_FACTOR = False
MFA_ADAPTER = "apps.accounts.second_factors.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "apps.accounts.codes.ActivateForm",
    "authenticate": "apps.accounts.codes.AuthenticateForm",
    "edit_webauthn": "apps.accounts.passkeys.EditForm",
    "reauthenticate": "apps.accounts.codes.ReauthenticateForm",
    "add_webauthn": "apps.accounts.passkeys.AddForm",
    "authenticate_webauthn": "apps.accounts.passkeys.AuthenticateForm",
    "login_webauthn": "apps.accounts.passkeys.LoginForm",
    "reauthenticate_webauthn": "apps.accounts.passkeys.ReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = SITE_NAME
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_FORMS = {"signup": "apps.accounts.signup.SingleSignOnSignupForm"}
SOCIALACCOUNT_ADAPTER = "apps.accounts.single_sign_on.SingleSignOnAdapter"
# Always show the form: it asks for the name and for the agreement to the privacy statement.
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if env.str("OIDC_CLIENT_ID", default=""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "APPS": [
            {
                "provider_id": env.str("OIDC_PROVIDER_ID", default="oidc"),
                "name": env.str("OIDC_NAME", default="Single sign-on"),
                "client_id": env.str("OIDC_CLIENT_ID"),
                "secret": env.str("OIDC_SECRET", default=""),
                "settings": {"server_url": env.str("OIDC_SERVER_URL")},
            }
        ],
        "OAUTH_PKCE_ENABLED": True,
    }

# --- Language and time ------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Europe/Brussels"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "clusterhub.formats"

# --- E-mail and tasks -------------------------------------------------------------------------
vars().update(env.email("EMAIL_URL", default="smtp://127.0.0.1:25"))
# Django's mail functions write rows; a worker hands them to the transport (docs/adr/0006-mail-outbox.md).
MAIL_TRANSPORT: str = vars()["EMAIL_BACKEND"]
EMAIL_BACKEND = "apps.notifications.backend.QueuedEmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="ClusterHub <noreply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
DEMO_MAIL_DIR = env.str("DEMO_MAIL_DIR", default="")
# What people were told is removed so long after they read it, or after it came to them if they did not; who was
# mailed what, so long after the mail. The privacy statement names these times.
KEEP_READ_NOTIFICATIONS = timedelta(days=180)
KEEP_UNREAD_NOTIFICATIONS = timedelta(days=400)
KEEP_SENT_MAIL = timedelta(days=14)

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A worker without "-Q" serves both; where mails must not wait for files, each has a worker of its own.
CELERY_TASK_QUEUES = [Queue("celery", routing_key="celery"), Queue("extraction", routing_key="extraction")]
CELERY_TASK_ROUTES = {"apps.files.tasks.extract_texts": {"queue": "extraction"}}
CELERY_TIMEZONE = TIME_ZONE
# A killed worker's messages come back after the visibility timeout; the sweeps below do not wait for it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 3,
}
# Each entry does everything that is due, so that a day without beat loses nothing.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver-due-notifications": {
        "task": "apps.notifications.tasks.deliver_due_notifications",
        "schedule": 60.0,
    },
    "deliver-outgoing-mail": {"task": "apps.notifications.tasks.deliver_outgoing_mail", "schedule": 60.0},
    "send-digests": {"task": "apps.notifications.tasks.send_digests", "schedule": 900.0},
    "clear-ended-sessions": {"task": "apps.accounts.tasks.clear_ended_sessions", "schedule": 86400.0},
    "purge-sent-mail": {"task": "apps.notifications.tasks.purge_sent_mail", "schedule": 86400.0},
    "purge-notifications": {"task": "apps.notifications.tasks.purge_notifications", "schedule": 86400.0},
    "extract-pending-texts": {"task": "apps.files.tasks.extract_pending_texts", "schedule": 300.0},
    "remove-orphan-files": {"task": "apps.files.tasks.remove_orphan_files", "schedule": 86400.0},
    "check-links": {"task": "apps.knowledge.tasks.check_due_links", "schedule": 3600.0},
    "remind-to-confirm": {"task": "apps.organisations.tasks.remind_to_confirm", "schedule": 86400.0},
    "exchanges-due": {"task": "apps.exchanges.tasks.do_what_is_due", "schedule": 900.0},
    "remind-reviewers": {"task": "apps.reviews.tasks.remind_reviewers", "schedule": 3600.0},
    "match-saved-searches": {"task": "apps.following.tasks.match_saved_searches", "schedule": 600.0},
}

# --- Security ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CSRF_FAILURE_VIEW = "apps.core.views.csrf_failure"
LINK_CHECK_ALLOWED_NETWORKS: list[str] = env.list("LINK_CHECK_ALLOWED_NETWORKS", default=[])

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processor": "ext://apps.core.logging.renderer",
            "foreign_pre_chain": "ext://apps.core.logging.pre_chain",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
