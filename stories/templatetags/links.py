"""Template filters for addresses.

`<a href="{{ value.url|web_address }}">` links to http and https only. `absolute` returns the URL of a path
with scheme and host, for links that leave the site.
"""

from django import template

from publishing.addresses import absolute
from stories.links import web_address

register = template.Library()

register.filter("web_address", web_address)
register.filter("absolute", absolute)
