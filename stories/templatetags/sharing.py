"""Template filter `absolute`: the URL of a path, with scheme and host, for links that leave the site."""

from django import template

from publishing.addresses import absolute

register = template.Library()

register.filter("absolute", absolute)
