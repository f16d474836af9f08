"""The site's URLs, and some whose views fail, for the tests of logs."""

from django.db import connection, transaction
from django.urls import path

from site_project.urls import handler500  # noqa: F401
from site_project.urls import urlpatterns as site


def broken(request):
    """Raise ValueError with the search words in its message."""
    return int(request.GET["q"])


def broken_database(request):
    """Raise IntegrityError, since two groups get one name. PostgreSQL's message has the search words."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (id, name) VALUES (90001, %s)", [request.GET["q"]])
        cursor.execute("INSERT INTO auth_group (id, name) VALUES (90002, %s)", [request.GET["q"]])


urlpatterns = [path("broken/", broken), path("broken-database/", broken_database), *site]
