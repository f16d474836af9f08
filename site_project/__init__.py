"""The Django project: settings, URLs, WSGI, security headers, base templates and static files."""

VERSION = "1.0.0"
