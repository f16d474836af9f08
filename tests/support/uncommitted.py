"""Changes the content version with each statement of a test that runs in a transaction.

The site changes it at the commit, which does not come there.
"""

from django.db.backends.signals import connection_created

from caching import content_version


def change_version_at_once(execute, sql, params, many, context):
    """Run a statement, and change the version if it may show. It is a wrapper for `execute_wrappers`."""
    result = execute(sql, params, many, context)
    is_in_test = any(block._from_testcase for block in context["connection"].atomic_blocks)
    if is_in_test and content_version.may_change_public_pages(sql):
        content_version.insert_change(context["connection"])
        content_version.content_version.expire()
    return result


def watch_connection(connection, **_arguments):
    if change_version_at_once not in connection.execute_wrappers:
        connection.execute_wrappers.append(change_version_at_once)


def start():
    connection_created.connect(watch_connection, dispatch_uid="change_version_at_once")
