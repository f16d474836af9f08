"""Makes the renditions of a page when it is published, before a reader would have to wait for them."""

import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction
from django.dispatch import receiver
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from wagtail.models import Page
from wagtail.signals import page_published

logger = logging.getLogger(__name__)

TRIES = 3
# None: whoever publishes waits, as a command may. A web server sets an executor (work_in_background).
_background = None


def work_in_background():
    """Make renditions beside the requests from now on, for the process of a web server.

    One thread: making pictures smaller must not take the processor from readers.
    """
    global _background  # noqa: PLW0603 - a matter of the whole process
    _background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="renditions")


def make_renditions(page):
    """Make what is missing of the renditions that `page`, and a card that leads to it, show.

    Renders both as for a visitor, so no list of sizes has to be kept beside the templates.
    """
    site = page.get_site()
    if site is None:
        return
    request = RequestFactory(headers={"host": site.hostname}).get(page.get_url() or "/")
    request._wagtail_site = site
    with translation.override(page.locale.language_code):
        response = page.serve(request)
        if hasattr(response, "render"):
            response.render()
        if getattr(page, "lead_image", None):
            render_to_string("stories/story_card.html", {"story": page}, request)


@receiver(page_published)
def on_publish(sender, instance, **kwargs):
    def make():
        if _background:
            _background.submit(_make_in_thread, instance.pk)
        else:
            try_to_make(instance.pk)

    transaction.on_commit(make)


def try_to_make(page_pk):
    """Make the renditions of a page; a failure is tried again, and never stops what was going on.

    After the last try the first reader's request makes what is missing.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return make_renditions(Page.objects.get(pk=page_pk).specific)
        except Exception:
            logger.warning("Renditions of page %s: try %s failed", page_pk, attempt, exc_info=True)


def _make_in_thread(page_pk):
    try:
        try_to_make(page_pk)
    finally:
        # Django closes a connection at the end of a request, and this is none.
        connection.close()
