"""A wrapper of the WSGI application, which removes a Content-Type header that Django can't use."""

from django.utils.http import parse_header_parameters


def drop_unusable_content_type(application):
    """Return a WSGI application that calls `application` without an unusable Content-Type.

    A Content-Type is usable if it names UTF-8, which all pages use, or no charset. Django decodes the query
    string with the charset before its middleware runs, and reads a form again while it makes the error page.
    So what it can't decode would be a status 500 without a page, and many exceptions in the log.
    """

    def checked(environ, start_response):
        if not is_usable(environ.get("CONTENT_TYPE", "")):
            environ["CONTENT_TYPE"] = ""
        return application(environ, start_response)

    return checked


def is_usable(content_type):
    try:
        _type, parameters = parse_header_parameters(content_type)
    except ValueError:
        return False
    return parameters.get("charset", "utf-8").lower() == "utf-8"
