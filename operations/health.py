"""Health checks: /livez says that the process runs, and /readyz that it can serve pages."""

from functools import cache

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpResponse, HttpResponseNotAllowed


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
            status = 503 if problem else 200
            response = HttpResponse(f"{problem or 'ok'}\n", content_type="text/plain", status=status)
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


@cache
def last_migrations():
    """Return the last migration of each app. A database that has these has all migrations."""
    return set(MigrationLoader(None).graph.leaf_nodes())
