"""Signals about what a withdrawal erases, for apps that `safeguarding` may not import."""

from django.dispatch import Signal

# Sent with `page`: its former addresses were erased, because the story was published again without a person.
addresses_erased = Signal()
