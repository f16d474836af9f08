"""How events are logged in production: a line of JSON each, with nothing that identifies a visitor.

The message of an exception often repeats what somebody typed, or what is in the database (as PostgreSQL's
DETAIL does). So only the kind of an exception and its place in the code are logged, here and by gunicorn.
"""

import datetime
import json
import logging
import re
import traceback

# Query strings hold what was searched for; gunicorn names the sender of a request that it can't read.
TELLING = re.compile(r"\?\S*| from ip=.*", re.DOTALL)
# A link to choose a password opens an account: of its path only the route is logged. deploy/nginx.conf has
# the same rule.
TOKEN = re.compile(r"(/(?:invitation|password_reset/+confirm)/).*", re.DOTALL | re.IGNORECASE)


class JSONFormatter(logging.Formatter):
    """One line for each event. Nothing else that a record carries, such as the request, is logged."""

    def format(self, record):
        event = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        if status := getattr(record, "status_code", None):
            event["status"] = status
        if record.exc_info and record.exc_info[1]:
            event["exceptions"] = [told(error) for error in chain(record.exc_info[1])]
        return json.dumps(event, default=str)


def message_of(record):
    """Return the message of `record` without what identifies a visitor or opens an account."""
    return TELLING.sub("", TOKEN.sub(r"\1...", raw_message_of(record)))


def raw_message_of(record):
    if record.name.startswith("django.security"):
        # Its reasons repeat the referrer, the origin, and names that were sent.
        request = getattr(record, "request", None)
        return f"Refused: {request.path}" if request else "Refused"
    if record.name.startswith("gunicorn") and record.exc_info:
        return str(record.msg).partition("%")[0].strip() if isinstance(record.msg, str) else "Failed"
    if isinstance(record.msg, BaseException):
        return name_of(record.msg)
    args = record.args
    if isinstance(args, tuple):
        args = tuple(name_of(each) if isinstance(each, BaseException) else each for each in args)
    try:
        return str(record.msg) % args if args else str(record.msg)
    except (TypeError, ValueError):
        return str(record.msg)


def chain(error):
    """Yield `error`, what it came from, what that came from, and so on."""
    seen = set()
    while error and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def told(error):
    """Return the kind of an exception and the places in the code that it came by."""
    event = {"type": name_of(error)}
    # What the system or PostgreSQL calls it: numbers of a fixed list.
    if code := getattr(error, "sqlstate", None) or getattr(error, "errno", None):
        event["code"] = code
    frames = traceback.extract_tb(error.__traceback__)
    event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def name_of(error):
    return f"{type(error).__module__}.{type(error).__qualname__}"
