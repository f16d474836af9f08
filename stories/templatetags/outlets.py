"""Template filter `may_be_used`: {% if page|may_be_used:"snippets" %}, as in safeguarding/outlets.py."""

from django import template

from safeguarding.outlets import may_be_used

register = template.Library()

register.filter("may_be_used", may_be_used)
