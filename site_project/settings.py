"""All settings, read top to bottom. Production is the default; README.md lists the variables."""

from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from site_project import environment

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where the site runs -------------------------------------------------------------------------

DEBUG = environment.read_switch("DEBUG")
# A safe way to look at the site on one's own machine: as in production, but over plain HTTP, for
# this machine only, with a demo account.
TRY_OUT = environment.read_switch("TRY_OUT")
LOCAL = DEBUG or TRY_OUT

DATA_DIR = environment.read_data_dir(default=BASE_DIR / "data")
SECRET_KEY = environment.read_secret_key(keep_in=DATA_DIR if LOCAL else None)
BASE_URL = environment.read_base_url(default="http://127.0.0.1:8000" if LOCAL else "", https_only=not LOCAL)
SECRET_KEY_FALLBACKS = environment.read_former_keys()
ALLOWED_HOSTS = ["127.0.0.1", "localhost"] if LOCAL else environment.read_hosts(BASE_URL)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

ROOT_URLCONF = "site_project.urls"
WSGI_APPLICATION = "site_project.wsgi.application"

# --- Applications: the project's own first, so that their templates win -------------------------

INSTALLED_APPS = [
    "site_project",
    "operations",
    "accounts",
    "editing",
    "search",
    "home",
    "stories",
    "media",
    "publishing",
    "caching",
    "wagtail.contrib.redirects",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.search_promotions",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.contrib.typed_table_block",
    "wagtail.locales",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    # Wagtail's search needs it on PostgreSQL, and it does no harm on SQLite.
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # These three set headers: above all that answers by itself, as probes, an outage, static files.
    "site_project.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    # Above all that asks the database, or for the site's name.
    "operations.health.HealthMiddleware",
    # It keeps pages as all that is below made them.
    "caching.page_cache.PageCacheMiddleware",
    "operations.uploads.ContentLengthMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Above all that may still change the page. It is safe here: the class says why.
    "caching.compression.PageCompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "site_project.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "publishing.redirects.RedirectMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.csp",
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "wagtail.contrib.settings.context_processors.settings",
            ],
        },
    },
]

# --- Data ----------------------------------------------------------------------------------------

DATABASES = {"default": environment.read_database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Without an address, each process has a cache of its own, and pages are kept in the data folder.
CACHE_URL = environment.read_cache_url()
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "pages": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "pages",
        "OPTIONS": {"MAX_ENTRIES": 2000},
    },
}
if CACHE_URL:
    for name, cache in CACHES.items():
        cache |= {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CACHE_URL,
            "KEY_PREFIX": name,
            # A cache that hangs must not hold up readers.
            "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
        }
PAGE_CACHE = not DEBUG
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = "/media/"
# Where a front server has the files for itself: it then sends what media/views.py allows.
MEDIA_ACCEL_PREFIX = environment.read("MEDIA_ACCEL_PREFIX")
# Wagtail's page editor sends one field for each part of each block.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# The largest picture or document, and what is around it in a form.
LARGEST_REQUEST = 18 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "operations.uploads.UploadLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Languages: the first is the one without a prefix in the address -----------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("fr", _("French")),
    ("es", _("Spanish")),
    ("ar", _("Arabic")),
]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
USE_I18N = True
FORMAT_MODULE_PATH = ["site_project.formats"]
LOCALE_PATHS = [BASE_DIR / "site_project" / "locale"]
USE_TZ = True
TIME_ZONE = environment.read_time_zone()

# --- Static files --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_root"
STORAGES = {
    "default": {"BACKEND": "media.folder.FolderStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if bucket := environment.read("S3_BUCKET"):
    STORAGES["default"] = {"BACKEND": "media.storage.BucketStorage", "OPTIONS": {"bucket_name": bucket}}
# No other site needs them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# On one's own machine there is no collectstatic step, and WhiteNoise warns of a missing folder.
WHITENOISE_USE_FINDERS = LOCAL
if LOCAL:
    STATIC_ROOT = DATA_DIR / "static"
    STATIC_ROOT.mkdir(exist_ok=True)

# --- Safety --------------------------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in [
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    ]
]
# Counts tries, so that nobody can guess: also the settings of Wagtail's forms further down.
AUTHENTICATION_BACKENDS = ["accounts.backends.ThrottledBackend"]
# Of whom more than a password is asked; whoever set up an app is always asked. Not of the demo account.
SECOND_FACTOR = environment.read_choice(
    "SECOND_FACTOR",
    ["ADMINISTRATORS", "EVERYBODY", "NOBODY"],
    default="NOBODY" if LOCAL else "ADMINISTRATORS",
)
OTP_TOTP_ISSUER = urlsplit(BASE_URL).hostname
# Codes are counted as passwords are, for all of somebody's devices together.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
OTP_TOTP_SYNC = False  # half a minute early or late, never more
# Who else says who somebody is, besides the password: nobody when it is empty.
IDENTITY_PROVIDER = environment.read_identity_provider(https_only=not LOCAL)
# Seconds in which a link for a forgotten password works. Invitations: accounts/invitations.py.
PASSWORD_RESET_TIMEOUT = 3600
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 10 * 3600  # a work day, from signing in
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
if not LOCAL:
    # With this beginning, browsers take them from nobody but this very host, over HTTPS.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# Not in a cookie of their own, with the titles of drafts.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)$"]
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOCAL
# Where readers come from is nobody's business, not even our own log's.
SECURE_REFERRER_POLICY = "no-referrer"
# Pages are kept whole for everybody: no nonce, nothing inline.
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
# What Wagtail's admin needs besides: frames for previews, pictures shown before they are sent, and the
# styles that scripts write. Wagtail's rich text and tags need "style" attributes.
ADMIN_CSP = SECURE_CSP | {
    "style-src": [CSP.SELF, CSP.NONCE],
    "style-src-attr": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "blob:"],
    "frame-src": [CSP.SELF],
}
# What no page here ever asks of a device.
CLOSED_FEATURES = [
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
]
# The administrator of a new database: `manage.py prepare` makes the account.
FIRST_ADMIN = environment.read_first_admin()
# How many proxies in front of the site add the address they were asked from to X-Forwarded-For. The last of
# them must set X-Forwarded-Proto itself. Any visitor could write both headers if no proxy did.
TRUST_PROXY = environment.read_proxies()
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Mail and logs -------------------------------------------------------------------------------

# Without a mail server mail is dropped: the log is no place for links that reset a password.
MAILERS = {"default": environment.read_mailer(default="consolemail://" if LOCAL else "dummymail://")}
WAGTAIL_PASSWORD_RESET_ENABLED = SENDS_MAIL = LOCAL or bool(environment.read("EMAIL_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.read("EMAIL_FROM", f"stories@{urlsplit(BASE_URL).hostname}")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "operations.logs.JSONFormatter"},
    },
    "handlers": {
        "line": {"class": "logging.StreamHandler", "formatter": "line"},
        "json": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"},
        # With no handler at all Python writes to standard error by itself.
        "none": {"class": "logging.NullHandler"},
    },
    "root": {
        "handlers": ["line" if LOCAL else "json"],
        "level": environment.read_choice("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO"),
    },
    "loggers": {
        # Django's own handler would mail whole requests, with addresses and search words.
        "django": {"handlers": [], "propagate": True},
        # They tell of every step of every save, with the titles of drafts.
        "django_tasks": {"level": "WARNING"},
        "wagtail": {"level": "WARNING"},
        "pikepdf": {"level": "WARNING"},
        # They tell of each request to the bucket or to the identity provider, with its keys and all.
        "botocore": {"level": "WARNING"},
        "authlib": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        # Anybody can send a wrong host name: no line a probe.
        "django.security.DisallowedHost": {"handlers": ["none"], "propagate": False},
    },
}

# --- Wagtail -------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Stories"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "search.backends"}}

# Users choose their own: accounts/invitations.py.
WAGTAILUSERS_PASSWORD_ENABLED = False
# In the place of Wagtail's own panel there is one that counts tries: accounts/forms.py.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAILADMIN_USER_LOGIN_FORM = "accounts.forms.SignInForm"
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "accounts.forms.ResetForm"  # noqa: S105

# The admin tells no third party who is editing.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False

# An address of this site becomes a link to its page only where it is exactly that page's. Wagtail would offer
# it for others too, with the title of a page that may be hidden: editing/page_chooser.py.
WAGTAILADMIN_EXTERNAL_LINK_CONVERSION = "exact"

# Debian's "localtime" is no zone that a browser knows: the account page would fail on it.
WAGTAIL_USER_TIME_ZONES = sorted(available_timezones() - {"localtime"})

# Wagtail would keep shared passwords in plain text.
WAGTAIL_PRIVATE_PAGE_OPTIONS = {"SHARED_PASSWORD": False}
WAGTAILDOCS_PRIVATE_COLLECTION_OPTIONS = {"SHARED_PASSWORD": False}

WAGTAILIMAGES_IMAGE_MODEL = "media.CleanImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "media.forms.PictureForm"
WAGTAILIMAGES_EXTENSIONS = ["heic", "heif", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
# As close to the picture as WebP at Wagtail's 80, with two fifths fewer bytes (docs/decisions/media.md).
WAGTAILIMAGES_AVIF_QUALITY = 50

WAGTAILDOCS_DOCUMENT_MODEL = "media.CleanDocument"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "media.forms.DocumentForm"
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "pdf", "txt", "xlsx"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILDOCS_SERVE_METHOD = "serve_view"
# No document is shown inside the browser, where it could run as a page of this site.
WAGTAILDOCS_INLINE_CONTENT_TYPES = []
