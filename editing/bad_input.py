"""Answers malformed requests, which no form or script of the admin sends, with status 400 instead of 500."""

import traceback
from functools import wraps

from django.core.exceptions import BadRequest

# The names of the functions that convert values of a request: `value_from_datadict` of widgets and blocks;
# `read_rich_text` of editing/chosen_objects.py, which replaces one of these; and `get_prep_value` of model
# fields, to which Wagtail passes primary keys as they were sent.
CONVERTERS = {"value_from_datadict", "read_rich_text", "get_prep_value"}


def refuse_null_characters(view):
    """Decorate an admin view to answer 400 to a NUL in its query string.

    Wagtail passes some values to the database as they are, and PostgreSQL takes no NUL. Fields of forms
    refuse it themselves.
    """

    @wraps(view)
    def checked(request, *args, **kwargs):
        if any("\0" in value for _name, values in request.GET.lists() for value in values):
            raise BadRequest("The query string has a NUL.")
        return view(request, *args, **kwargs)

    return checked


def refuse_malformed_values(view):
    """Decorate an admin view to answer 400 to values that Wagtail can't convert.

    Examples are a primary key that is no number, a missing field of a block, and rich text that is no JSON.
    Wagtail's forms report what users can type wrongly, but not these.
    """

    @wraps(view)
    def checked(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            if not is_malformed_value(error):
                raise
            raise BadRequest("A value of the request can't be converted.") from error
        except OverflowError as error:  # SQLite: a primary key of a filter with more than 64 bits
            raise BadRequest("A number of the request is too large.") from error

    return checked


def is_malformed_value(error):
    """Return whether `error` was raised in one of CONVERTERS, or in a function that one of them called."""
    return any(frame.f_code.co_name in CONVERTERS for frame, _line in traceback.walk_tb(error.__traceback__))
