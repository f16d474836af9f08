from django import template

from stories.sharing import absolute

register = template.Library()

register.filter("absolute", absolute)
