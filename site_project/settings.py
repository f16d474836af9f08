"""The Django settings. Production is the default. docs/deploying.md lists the environment variables."""

from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from media.sanitizer.limits import PIXELS
from site_project import VERSION, environment  # noqa: F401 - VERSION is a setting

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where the site runs -------------------------------------------------------------------------

DEBUG = environment.read_switch("DEBUG")
# For trying the site on one's own machine: as in production, but over plain HTTP, reachable from this machine
# only, with a demo account.
TRY_OUT = environment.read_switch("TRY_OUT")
LOCAL = DEBUG or TRY_OUT

DATA_DIR = environment.read_data_dir(default=BASE_DIR / "data")
SECRET_KEY = environment.read_secret_key(keep_in=DATA_DIR if LOCAL else None)
BASE_URL = environment.read_base_url(default="http://127.0.0.1:8000" if LOCAL else "", https_only=not LOCAL)
# Earlier secret keys, whose signatures stay valid.
SECRET_KEY_FALLBACKS = environment.read_list(
    "SECRET_KEY_FALLBACKS", ".{50,}", "must be earlier secret keys, with commas between them."
)
ALLOWED_HOSTS = ["127.0.0.1", "localhost"] if LOCAL else environment.read_hosts(BASE_URL)
CSRF_TRUSTED_ORIGINS = [BASE_URL]

ROOT_URLCONF = "site_project.urls"
WSGI_APPLICATION = "site_project.wsgi.application"

# --- Applications: the project's own come first, so that their templates override others ----------

INSTALLED_APPS = [
    "site_project",
    "operations",
    "accounts",
    "editing",
    "wordpress_import",  # Without this line, nothing of it is loaded.
    "search",
    "home",
    "stories",
    "media",
    "publishing",
    "safeguarding",
    "caching",
    "wagtail.contrib.redirects",
    "wagtail.contrib.routable_page",
    "wagtail.contrib.search_promotions",
    "wagtail.contrib.settings",
    "wagtail.contrib.simple_translation",
    "wagtail.contrib.typed_table_block",
    "wagtail.locales",
    "wagtail.sites",
    "accounts.apps.UsersConfig",  # wagtail.users
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
    # Wagtail's search needs it on PostgreSQL. On SQLite it does nothing.
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    # These three set headers, so they come before middleware that responds itself (health checks, files).
    "site_project.headers.HeadersMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Before middleware that queries the database or checks the host name.
    "operations.health.HealthMiddleware",
    # Before middleware that takes longer than sending a picture.
    "media.middleware.PublicPictureMiddleware",
    # The page cache itself is around Django: site_project/wsgi.py.
    "caching.middleware.PageCacheMiddleware",
    # Before compression and all else that takes time.
    "search.middleware.limit_searches",
    # Before middleware that may change the page. Its docstring says why compression is safe here.
    "caching.compression.PageCompressionMiddleware",
    "accounts.sessions.SessionMiddleware",
    "site_project.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "accounts.second_factor.SecondFactorMiddleware",
    "operations.statement_timeout.StatementTimeoutMiddleware",
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
# Each process has its own.
CACHES = {"default": {"BACKEND": "caching.versioned_cache.VersionedLocMemCache"}}
PAGE_CACHE = not DEBUG  # whether caching/page_cache.py caches public pages
# The folder `served` is what the front server sees of the data folder.
MEDIA_ROOT = DATA_DIR / "served" / "media"
MEDIA_URL = "/media/"
# The internal location at which nginx has the media files. media/views.py then lets nginx send those that are
# not public.
MEDIA_ACCEL_PREFIX = environment.read(
    "MEDIA_ACCEL_PREFIX", r"(/[\w.-]+)+/", "must be a path with a slash at both ends, like /files/"
)
# Wagtail's page editor sends one field for each part of each block.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
# Bytes: the largest picture or document (15 MB), and the rest of the form.
LARGEST_REQUEST = 18 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "operations.uploads.UploadLimit",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Languages: the first one has no prefix in the URL ---------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", _("English")),
    ("fr", _("French")),
    ("es", _("Spanish")),
    # Only the words that readers see are translated into Arabic.
    ("ar", _("Arabic")),
]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
FORMAT_MODULE_PATH = ["site_project.formats"]
# The translations of this site, and what it says otherwise than Wagtail: written by hand, in English too.
LOCALE_PATHS = [BASE_DIR / "site_project" / "locale", BASE_DIR / "site_project" / "words_of_wagtail"]
TIME_ZONE = environment.read(
    "TIME_ZONE",
    problem="must be a name like Europe/London or Africa/Dakar.",
    default="UTC",
    cast=lambda name: ZoneInfo(name).key,
)

# --- Static files --------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_root"
STORAGES = {
    "default": {"BACKEND": "media.folder.FolderStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if LOCAL
        else "site_project.static_storage.MinifyingStorage"
    },
}
# An access point has an ARN in place of a name.
BUCKET, IS_NO_BUCKET = r"[\w.-]{3,255}|arn:\S+", "must be the name of a bucket, without an address."
if bucket := environment.read("S3_BUCKET", BUCKET, IS_NO_BUCKET):
    STORAGES["default"] = {"BACKEND": "media.storage.BucketStorage", "OPTIONS": {"bucket_name": bucket}}
    MEDIA_ACCEL_PREFIX = ""  # nginx has none of these files
# Backups: a bucket, or a folder. It is one that only `manage.py backup` and `restore` need to reach.
if folder := environment.read("BACKUP_DIR", "/.+", "must be the path of a folder, from the root on."):
    if Path(folder).resolve().is_relative_to(MEDIA_ROOT.parent.resolve()):
        environment.stop("BACKUP_DIR", "must be outside of the folder that the front server reads.")
    options = {"location": folder, "allow_overwrite": True, "file_permissions_mode": 0o600}
    STORAGES["backups"] = {"BACKEND": "media.folder.FolderStorage", "OPTIONS": options}
if backup_bucket := environment.read("BACKUP_BUCKET", BUCKET, IS_NO_BUCKET):
    if backup_bucket == bucket:
        environment.stop("BACKUP_BUCKET", "must be another bucket than S3_BUCKET.")
    STORAGES["backups"] = {
        "BACKEND": "media.storage.BackupStorage",
        "OPTIONS": {"bucket_name": backup_bucket},
    }
BACKUP_DAYS = environment.read("BACKUP_DAYS", r"[1-9]\d{0,3}", "must be a number of days.", "14", int)
# The public keys of age that encrypt backups, and a file with a private one, which only `restore` reads.
BACKUP_KEYS = environment.read_list(
    "BACKUP_KEY", "age1[0-9a-z]{58,}", "must be public keys of age (age1…), with commas between them."
)
BACKUP_IDENTITY_FILE = environment.read("BACKUP_IDENTITY_FILE")
# Don't send the header Access-Control-Allow-Origin, because no other site needs the static files.
WHITENOISE_ALLOW_ALL_ORIGINS = False
# In the local modes collectstatic is not run, and WhiteNoise warns if the folder is missing.
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
# This backend limits attempts to sign in. So do the forms in the section on Wagtail.
AUTHENTICATION_BACKENDS = ["accounts.backends.ThrottledBackend"]
# Who needs a second factor. Users who have set one up need it always. The demo account needs none.
SECOND_FACTOR = environment.read_choice(
    "SECOND_FACTOR",
    ["ADMINISTRATORS", "EVERYBODY", "NOBODY"],
    default="NOBODY" if LOCAL else "ADMINISTRATORS",
)
OTP_TOTP_ISSUER = urlsplit(BASE_URL).hostname
# No limit for each device: accounts/throttle.py limits the attempts for all devices of a user together.
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0
# A code is valid 30 seconds early or late. The difference to a device's clock is not stored.
OTP_TOTP_SYNC = False
# The OpenID Connect provider that users can sign in with; {} if there is none.
IDENTITY_PROVIDER = environment.read_identity_provider(https_only=not LOCAL)
# Seconds for which a link to reset a password is valid. Invitations: see accounts/invitations.py.
PASSWORD_RESET_TIMEOUT = 3600
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = 10 * 3600  # seconds from the sign-in: a work day
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not LOCAL
if not LOCAL:
    # Browsers accept cookies with this prefix only from this host itself and over HTTPS.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
# Messages contain titles of drafts, so they are not stored in a cookie.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = not LOCAL
# Health checks use plain HTTP: operations/health.py.
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz)$"]
# For how long browsers use HTTPS only. A day can be undone: a year, or subdomains, are for who knows that
# everything there has HTTPS, and the list of browsers (preload) is hard to leave.
SECURE_HSTS_SECONDS = environment.read(
    "HSTS_SECONDS", r"\d{1,9}", "must be a number of seconds.", "0" if LOCAL else "86400", int
)
SECURE_HSTS_INCLUDE_SUBDOMAINS = environment.read_switch("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = environment.read_switch("HSTS_PRELOAD")
if SECURE_HSTS_PRELOAD and not (SECURE_HSTS_INCLUDE_SUBDOMAINS and SECURE_HSTS_SECONDS >= 31_536_000):
    environment.stop("HSTS_PRELOAD", "needs HSTS_SUBDOMAINS=1 and HSTS_SECONDS=31536000 (a year) or more.")
# W005 and W021 ask for subdomains and preload. W001 asks for sources of static files, which the image lacks.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "wagtailadmin.W001"]
# Neither other sites nor our own logs learn which page a reader came from.
SECURE_REFERRER_POLICY = "no-referrer"
# Public pages are cached for all readers, so there are no nonces. The hash of the one style that is inline is
# added by site_project/headers.py.
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
# Wagtail's admin also needs frames for previews, blobs for pictures before their upload, style elements from
# scripts (with a nonce), and style attributes for rich text and tags.
ADMIN_CSP = SECURE_CSP | {
    "style-src": [CSP.SELF, CSP.NONCE],
    "style-src-attr": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "blob:"],
    "frame-src": [CSP.SELF],
}
# The user name of the administrator that `manage.py prepare` creates in a new database.
# Production does not start with an account "demo": accounts/demo_account.py.
FIRST_ADMIN = environment.read(
    "FIRST_ADMIN",
    r"(?!demo$)[\w.@+-]{1,150}",
    "must be a user name of letters, digits and @ . + - _, and not demo.",
)
# The number of proxies in front of the site that add the client's address to X-Forwarded-For. The last one
# must also set X-Forwarded-Proto. If no proxy sets these headers, visitors can forge them.
TRUST_PROXY = environment.read(
    "TRUST_PROXY",
    r"\d",
    "must be the number of proxies in front of the site: 0 for none, or 1 to 9.",
    default="0",
    cast=int,
)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# The keys for names, contacts and reasons in safeguarding/. The first one encrypts. Without any, the site
# runs without these fields.
SAFEGUARDING_KEYS = environment.read_safeguarding_keys(keep_in=DATA_DIR if LOCAL else None)
# Months after which a consent ends, unless another day is recorded with it.
CONSENT_MONTHS = {
    "adult": environment.read_months("CONSENT_MONTHS", "24"),
    "child": environment.read_months("CONSENT_MONTHS_CHILD", "12"),
}
CONSENT_MONTHS["group"] = CONSENT_MONTHS["adult"]
# Months after the end of a consent, or its withdrawal, until names and contact are deleted.
NAMES_KEPT_MONTHS = environment.read_months("NAMES_KEPT_MONTHS", "12")

# --- Mail and logs -------------------------------------------------------------------------------

# Without a mail server, e-mails are dropped. Links that reset a password must not get into the log.
# In the try-out mode, too, the admin shows the link of an invitation, instead of saying that it was sent.
MAILERS = {"default": environment.read_mailer(default="console" if DEBUG else "dummy")}
WAGTAIL_PASSWORD_RESET_ENABLED = SENDS_MAIL = DEBUG or bool(environment.read("EMAIL_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.read(
    "EMAIL_FROM",
    r"(?P<name>[^@<>\n]+<)?[^\s@<>,;]+@[\w.:-]+(?(name)>)",
    "must be an address like stories@example.org, or Stories <stories@example.org>",
    default=f"stories@{urlsplit(BASE_URL).hostname}",
)

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
    },
    "root": {
        "handlers": ["line" if LOCAL else "json"],
        "level": environment.read_choice("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO"),
    },
    "filters": {
        # The address of a page that is erased or held can be the name of a person.
        "no_missing": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", None) != 404,
        },
    },
    "loggers": {
        "django.request": {"filters": ["no_missing"]},
        # Django's handler would e-mail whole requests, with IP addresses and search words.
        "django": {"handlers": [], "propagate": True},
        # These log every step of every save, with titles of drafts.
        **dict.fromkeys(["django_tasks", "wagtail"], {"level": "WARNING"}),
        # These log what is in an upload, such as the time and place in EXIF.
        **dict.fromkeys(["PIL", "pillow_heif", "pikepdf"], {"level": "WARNING"}),
        # These log each request to the bucket or the identity provider, with its keys.
        **dict.fromkeys(["botocore", "authlib", "urllib3"], {"level": "WARNING"}),
        # It warns of each HEAD request, because Django leaves it to the server to drop the body.
        "gunicorn.http.wsgi": {"level": "ERROR"},
        # Anybody can send a wrong host name, and would fill the log.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

# --- Wagtail -------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Stories"
WAGTAILADMIN_BASE_URL = BASE_URL
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "search.backends"}}

# Administrators don't set passwords. Users choose their own: see accounts/invitations.py.
WAGTAILUSERS_PASSWORD_ENABLED = False
# The panels in accounts/forms.py, which limits attempts, and accounts/users.py, which refuses an address that
# another account has, replace Wagtail's.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_USER_LOGIN_FORM = "accounts.forms.SignInForm"
WAGTAILADMIN_USER_PASSWORD_RESET_FORM = "accounts.forms.ResetForm"  # noqa: S105

# The admin makes no requests to other sites, which would learn who edits.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False

# Debian has a zone "localtime", which browsers do not know: the account page would fail.
WAGTAIL_USER_TIME_ZONES = sorted(available_timezones() - {"localtime"})

# The page where visitors log in to see a private page.
WAGTAIL_FRONTEND_LOGIN_TEMPLATE = "login.html"
# Wagtail stores shared passwords in plain text.
WAGTAIL_PRIVATE_PAGE_OPTIONS = {"SHARED_PASSWORD": False}
WAGTAILDOCS_PRIVATE_COLLECTION_OPTIONS = {"SHARED_PASSWORD": False}

WAGTAILIMAGES_IMAGE_MODEL = "media.CleanImage"
WAGTAILIMAGES_IMAGE_FORM_BASE = "media.forms.PictureForm"
WAGTAILIMAGES_EXTENSIONS = ["heic", "heif", "jpeg", "jpg", "png", "webp"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = PIXELS
# About as good as WebP at Wagtail's default of 80, and smaller: docs/decisions/media.md has what was
# measured.
WAGTAILIMAGES_AVIF_QUALITY = 48

WAGTAILDOCS_DOCUMENT_MODEL = "media.CleanDocument"
WAGTAILDOCS_DOCUMENT_FORM_BASE = "media.forms.DocumentForm"
WAGTAILDOCS_EXTENSIONS = ["csv", "pdf", "txt"]
WAGTAILDOCS_MAX_UPLOAD_SIZE = 15 * 1024 * 1024
WAGTAILDOCS_SERVE_METHOD = "serve_view"
# Wagtail calls the function sendfile() of this module.
SENDFILE_BACKEND = "media.views"
# Every document is a download. Shown in the browser, it could run scripts as a page of this site.
WAGTAILDOCS_INLINE_CONTENT_TYPES = []
