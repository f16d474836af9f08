"""Refuses query strings that no form of the admin sends."""

from functools import wraps

from django.core.exceptions import BadRequest


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
