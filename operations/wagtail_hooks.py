"""Shows administrators on the first page of the admin what is wrong with the backups."""

from django.contrib import messages
from wagtail import hooks

from operations import backups


@hooks.register("construct_homepage_panels")
def warn_of_backups(request, _panels):
    if request.user.is_superuser and (words := backups.problem()):
        messages.warning(request, words)
