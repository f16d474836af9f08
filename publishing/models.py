"""Pages that nobody reads for now: hidden by an editor, or in the trash.

publishing/conditions.py makes both tables part of the rule that decides which pages are public.
"""

from django.conf import settings
from django.db import models
from wagtail.models import Page


class HiddenPage(models.Model):
    """A page that an editor hid from readers at once, with all pages below it.

    Deleting the row shows the page again. editing/moderation/hiding.py lets only those do that who may
    publish the page.
    """

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    hidden_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"hidden page {self.page_id}"


class TrashedPage(models.Model):
    """A page in the trash, with all pages below it. See publishing/trash.py."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    trashed_at = models.DateTimeField(auto_now_add=True)
    # The slug that the page had. In the trash it has another one, so that its address is free.
    slug = models.CharField(max_length=255)

    def __str__(self):
        return f"page {self.page_id} in the trash"
