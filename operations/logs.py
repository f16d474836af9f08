"""The log format of production: one line of JSON for each event, with nothing that identifies a visitor.

Messages of exceptions often repeat user input or contents of the database (as PostgreSQL's DETAIL does). So
only the type of an exception and its places in the code are logged, here and by gunicorn.
"""

import datetime
import json
import logging
import re
import traceback
from itertools import islice

# Parts of a message that are removed: what follows "?" or, in a path, ";", because it may be search words (a
# path is decoded, so they may contain spaces); what follows "%" in a path, because it is encoded twice, which
# hides a "?" or a token; and the IP address that gunicorn logs for a request that it can't parse.
# deploy/nginx.conf has the same rules for paths.
VISITOR_DATA = re.compile(r"\?.*|^(?P<path>[^/;?%]*/[^;?%]*)[;%].*| from ip=.*", re.DOTALL)
# The greatest numbers of exceptions of a chain, and of places in the code of each, that are logged. A request
# causes many if the code that handles an exception fails in the same way.
MAX_EXCEPTIONS = 5
MAX_FRAMES = 20
# Links to choose a password, or to a reading, contain a token. What follows the route in their path is not
# logged. Programs for mail damage links in many ways, so nothing from what looks like a token on is logged
# either: the first form is Django's, the second that of accounts/invitations.py. VISITOR_DATA and LINK_TOKEN
# take linear time.
LINK_TOKEN = re.compile(
    r"(?P<route>[/\\](?:invitation|reading|password_reset[^a-z]+confirm)(?![a-z-])/?).*"
    r"|[0-9a-z]{4,8}-[0-9a-f]{32}.*|[0-9a-z]{4,8}\.[\w-]{43}.*",
    re.DOTALL | re.IGNORECASE,
)


class JSONFormatter(logging.Formatter):
    """Formats a record as JSON. Other attributes of the record, such as the request, are not logged."""

    def format(self, record):
        message = VISITOR_DATA.sub(r"\g<path>", raw_message_of(record))
        created = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        event = {
            "time": created.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": LINK_TOKEN.sub(r"\g<route>...", message),
        }
        if status := getattr(record, "status_code", None):
            event["status"] = status
        if record.exc_info and record.exc_info[1]:
            errors = islice(exception_chain(record.exc_info[1]), MAX_EXCEPTIONS)
            event["exceptions"] = [describe_exception(error) for error in errors]
        return json.dumps(event, default=str)


def raw_message_of(record):
    """Return the message of `record`, with the types of exceptions in place of their messages."""
    if record.name.startswith("django.security"):
        # Django's reasons repeat the Referer, Origin and Host headers.
        request = getattr(record, "request", None)
        return f"Refused: {'...' if hides_address(record) else request.path}" if request else "Refused"
    if record.name.startswith(("gunicorn", "wagtail")) and record.exc_info:
        # The arguments of gunicorn's messages are parts of the request. Wagtail's message about a mail that
        # could not be sent has its subject, with the title of a draft, and its recipient.
        return str(record.msg).partition("%")[0].strip(" '") if isinstance(record.msg, str) else "Failed"
    if isinstance(record.msg, BaseException):
        return qualified_name(record.msg)
    args = record.args
    if isinstance(args, tuple):
        args = tuple(qualified_name(each) if isinstance(each, BaseException) else each for each in args)
        if record.name == "django.request" and hides_address(record):
            args = (*args[:-1], "...")  # The path is the last argument.
    try:
        return str(record.msg) % args if args else str(record.msg)
    except (TypeError, ValueError):
        return str(record.msg)


def hides_address(record):
    """Return whether the address of the request that `record` is about must not be logged.

    The address of a page that is missing, erased or held can be the name of a person. That of an error
    (status 500) is logged all the same, because it helps to find the mistake.
    """
    request, status = getattr(record, "request", None), getattr(record, "status_code", 500)
    # The addresses of pages do not begin with /admin/.
    return request is not None and status != 500 and not request.path.startswith("/admin/")


def exception_chain(error):
    """Yield `error`, its cause, the cause of that, and so on, as tracebacks show them."""
    seen = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def describe_exception(error):
    """Return the type of an exception, its error code if it has one, and its places in the code."""
    event = {"type": qualified_name(error)}
    # SQLSTATE or errno: codes from a fixed list, without data.
    if code := getattr(error, "sqlstate", None) or getattr(error, "errno", None):
        event["code"] = code
    # The innermost frames say where it was raised.
    frames = traceback.extract_tb(error.__traceback__, -MAX_FRAMES)
    event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def qualified_name(error):
    return f"{type(error).__module__}.{type(error).__qualname__}"
