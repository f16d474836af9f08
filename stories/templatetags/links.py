"""Template filters for addresses, and for what may be shown there.

`<a href="{{ value.url|web_address }}">` links to http and https only. `absolute` returns the URL of a path
with scheme and host, for links that leave the site. {% if page|may_be_used:"snippets" %} asks OUTLETS of
safeguarding/outlets.py.
"""

from django import template

from publishing.addresses import absolute
from safeguarding.outlets import may_be_used
from stories.links import web_address

register = template.Library()

register.filter("web_address", web_address)
register.filter("absolute", absolute)
register.filter("may_be_used", may_be_used)
