"""Settings for the planner of PostgreSQL, which decides how a query is carried out."""

from django.db.backends.signals import connection_created


def set_planner(connection, **_arguments):
    """Signal receiver: give a connection that was just opened the settings.

    jit: PostgreSQL compiles a query that it expects to take long. With many stories, compiling takes longer
    than the query. random_page_cost: the default, 4, is for a hard disk that moves its head for each row.
    With it, PostgreSQL reads whole tables to look up some dozens of rows. These tables are in memory.
    """
    if connection.vendor == "postgresql":
        connection.connection.execute("SET jit = off; SET random_page_cost = 1.1")


def connect_signals():
    connection_created.connect(set_planner, dispatch_uid="planner")
