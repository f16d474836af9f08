"""Ends a statement of the web server that takes too long, so that no visitor can keep the database busy.

PostgreSQL does so itself, with statement_timeout. On SQLite a progress handler does. wsgi.py calls
use_in_server(); management commands and the scheduler have no limit.
"""

import math
import re
import time

from django.core.signals import request_finished
from django.db import Error, connection
from django.db.backends.signals import connection_created
from django.urls import reverse

# Seconds for a statement of a visitor's request, and of a user's request to the admin, where deleting a
# section or a report may take longer. nginx waits 5 s for a page and 60 s for the admin.
VISITOR_LIMIT, ADMIN_LIMIT = 1.8, 30
# A stop code is carried out, however long a page that is being published keeps its rows locked.
STOP_LIMIT = 600
# SQLite looks at the clock each time after this number of virtual machine instructions, which take about a
# millisecond.
SQLITE_INSTRUCTIONS = 10_000
# In any language.
STOP_PATH = re.compile(r"(/[a-z]{2,3}(-[a-z]+)?)?/stop/")


def use_in_server():
    """Limit the statements of all connections that this process opens from now on."""
    connection_created.connect(limit_new_connection, dispatch_uid="statement_timeout")
    request_finished.connect(restore_limit, dispatch_uid="statement_timeout")


class StatementTimeoutMiddleware:
    """Gives more time to the requests of users to the admin, and to stop codes. It needs `request.user`."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.admin_path = reverse("wagtailadmin_home")

    def __call__(self, request):
        path = request.path_info
        is_admin = path.startswith(self.admin_path) and request.user.is_authenticated
        limit = STOP_LIMIT if STOP_PATH.fullmatch(path) else ADMIN_LIMIT if is_admin else None
        if limit:
            connection.ensure_connection()
            # Without use_in_server(), a connection has no limit.
            if getattr(connection, "statement_limit", None):
                set_limit(connection, limit)
        return self.get_response(request)


def limit_new_connection(connection, **_arguments):
    """Signal receiver: give a connection that was just opened VISITOR_LIMIT."""
    if not getattr(connection, "has_limit", True):  # that of a thread of run_due_work
        return
    if connection.vendor == "sqlite":
        connection.statement_deadline = math.inf
        connection.connection.set_progress_handler(
            lambda: time.monotonic() > connection.statement_deadline, SQLITE_INSTRUCTIONS
        )
        if set_deadline not in connection.execute_wrappers:
            connection.execute_wrappers.append(set_deadline)
    set_limit(connection, VISITOR_LIMIT)


def restore_limit(**_arguments):
    """Signal receiver: give the next request VISITOR_LIMIT.

    This is not left to the middleware, because a streamed response, such as an exported report, queries the
    database after the middleware has returned.
    """
    limit = getattr(connection, "statement_limit", None)
    if connection.connection is None or limit in {None, VISITOR_LIMIT}:
        return
    try:
        set_limit(connection, VISITOR_LIMIT)
    except Error:
        connection.close()


def set_limit(connection, seconds):
    """Set the limit for each further statement of `connection`.

    Raises OperationalError if the connection is lost.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {round(seconds * 1000)}")
    connection.statement_limit = seconds


def set_deadline(execute, sql, params, many, context):
    """Wrapper for `connection.execute_wrappers` on SQLite: start the time of a statement."""
    connection = context["connection"]
    connection.statement_deadline = time.monotonic() + connection.statement_limit
    return execute(sql, params, many, context)
