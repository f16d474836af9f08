"""Template filter `web_address`: `<a href="{{ value.url|web_address }}">` links to http and https only."""

from django import template

from stories.links import web_address

register = template.Library()

register.filter("web_address", web_address)
