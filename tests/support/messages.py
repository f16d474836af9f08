"""Reads the messages of the admin from a response."""

from html import unescape

from django.contrib.messages import get_messages


def texts_of(response):
    """Return the texts of the messages that the request of `response` added, without escapes."""
    return [unescape(str(message)) for message in get_messages(response.wsgi_request)._queued_messages]
