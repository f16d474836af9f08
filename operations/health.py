"""Health checks: /livez says that the process runs, and /readyz that it can serve pages."""

import time
from functools import cache

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, HttpResponseNotAllowed

from operations import backups


class HealthMiddleware:
    """Responds to /livez and /readyz before the other middleware.

    A health check uses plain HTTP and any host name, and must not get a cookie. /livez does not query the
    database, because restarting the processes of the site does not help against a database that is down.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.checks = {"/livez": lambda: "", "/readyz": readiness_problem}

    def __call__(self, request):
        check = self.checks.get(request.path_info)
        if check is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            response = HttpResponseNotAllowed(["GET", "HEAD"])
        else:
            problem = check()
            lines = [problem or "ok"]
            # Details are for operators. A request from outside comes through a proxy, which adds this header.
            if request.path_info == "/readyz" and "X-Forwarded-For" not in request.headers:
                lines += [f"{name}: {describe()}" for name, describe in DETAILS.items()]
            text = "".join(f"{line}\n" for line in lines)
            response = HttpResponse(text, content_type="text/plain", status=503 if problem else 200)
        response["Cache-Control"] = "no-store"
        # Django would log each response with a status of 400 and above. The program that made the request
        # knows the status.
        response._has_been_logged = True
        return response


def readiness_problem():
    """Return "database" or "migrations", whichever keeps the site from serving pages, or ""."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except Error:
        return "database"
    return "" if last_migrations() <= set(applied) else "migrations"


def describe_scheduler():
    try:
        age = time.time() - (settings.DATA_DIR / "due_work_done").stat().st_mtime
    except FileNotFoundError:
        return "has not run here"
    return f"done {age / 60:.0f} minutes ago"


# {name: function that returns words} of what keeps nobody from reading pages. None of them makes a query.
DETAILS = {
    "version": lambda: settings.VERSION,
    "backups": lambda: backups.problem() or "ok",
    "scheduler": describe_scheduler,
}


@cache
def last_migrations():
    """Return the last migration of each app. A database that has these has all migrations."""
    return set(MigrationLoader(None).graph.leaf_nodes())
