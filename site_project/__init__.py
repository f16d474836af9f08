"""The Django project: settings, URLs, WSGI, security headers, base templates and static files."""
