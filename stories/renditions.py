"""Makes the renditions of a page when it is published, so that its first visitor need not wait for them.

A rendition is a picture in one size and format (Wagtail's term).
"""

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

# The executor of the background thread; None when publishing waits for the renditions, as in commands.
_executor = None


def use_background_thread():
    """Make renditions in a background thread from now on. The web server's process calls it once (wsgi.py).

    There is one thread, so that scaling images leaves the processor to requests.
    """
    global _executor  # noqa: PLW0603 - one executor for the process
    _executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="renditions")


def make_renditions(page):
    """Make the missing renditions of a specific page and of its card, by rendering both as for a visitor.

    So the templates alone say which renditions there are. Does nothing for a page of no site. Raises what
    rendering raises.
    """
    site = page.get_site()
    if site is None:
        return
    request = RequestFactory(headers={"host": site.hostname}).get(page.get_url())
    with translation.override(page.locale.language_code):
        page.serve(request).render()
        if getattr(page, "lead_image", None):
            # The large card at the top of a home page has renditions of its own, which that page makes.
            render_to_string("stories/story_card.html", {"story": page}, request)


@receiver(page_published)
def make_renditions_on_publish(sender, instance, **kwargs):
    def make():
        if _executor:
            _executor.submit(make_or_log, instance.pk)
        else:
            make_or_log(instance.pk)

    transaction.on_commit(make)


def make_or_log(page_pk):
    """Make the renditions of the page with the primary key `page_pk`.

    A failure is logged and never raised: what is missing is made when a visitor first asks for the page.
    """
    try:
        make_renditions(Page.objects.get(pk=page_pk).specific)
    except Exception:
        logger.warning("The renditions of page %s could not be made.", page_pk, exc_info=True)
    finally:
        if _executor:  # Django closes connections at the end of a request, but not in a thread of our own.
            connection.close()
