"""Answers who watches the site: /livez says that the process runs, /readyz that it can serve pages."""

import time
from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, HttpResponseNotAllowed

# For how many seconds what was found of the migrations holds: probes come often.
MIGRATIONS_HOLD = 5


class HealthMiddleware:
    """Stands before all but the headers: a probe knows neither the site's name nor HTTPS, and gets no cookie.

    /livez asks no database: one that is down is no reason to restart every process of the site.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.checks = {"/livez": lambda: "", "/readyz": self.why_not_ready}
        self.migrated_until = 0

    def __call__(self, request):
        check = self.checks.get(request.path_info)
        if check is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            response = HttpResponseNotAllowed(["GET", "HEAD"])
        else:
            problem = check()
            status = 503 if problem else 200
            response = HttpResponse(f"{problem or 'ok'}\n", content_type="text/plain", status=status)
        response["Cache-Control"] = "no-store"
        # Django would write a line for each answer of 400 and above; who probes knows it already.
        response._has_been_logged = True
        return response

    def why_not_ready(self):
        """Return in one word what keeps the site from serving pages, or ""."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return "" if self.is_migrated() else "migrations"
        except Error:
            return "database"

    def is_migrated(self):
        """Whether the database has every migration that this version of the code needs."""
        now = time.monotonic()
        if now < self.migrated_until:
            return True
        if not last_migrations() <= set(MigrationRecorder(connection).applied_migrations()):
            return False
        self.migrated_until = now + MIGRATIONS_HOLD
        return True


@cache
def last_migrations():
    """Return each app's last migration: who has them has all."""
    return set(MigrationLoader(None).graph.leaf_nodes())
