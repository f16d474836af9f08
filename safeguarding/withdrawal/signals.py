"""Signals about what a withdrawal erases, for apps that `safeguarding` may not import."""

from django.dispatch import Signal

# Sent with `page`: its former addresses were erased, because it was held and is published as it has to be.
addresses_erased = Signal()
