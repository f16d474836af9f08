"""Runs the leak check on what requests of the admin save, and adds its messages to their responses.

A user who may write drafts could guess protected words by trying them one after another. This module makes
that hard:

* Autosaves are not checked.
* A message says where a word was found, and never which word it is.
* The places that messages name are counted for each user and day. Above LIMIT, messages only say that the
  user should ask the safeguarding team. Then no page is published either, whatever it holds, because to
  publish one would be an answer too. A scheduled version waits. A member of the team can allow it: AllowView.
* If a text with a protected word has more candidates than an ordinary one, messages name only the field, and
  the user is above LIMIT from then on.

Users who may read the words anyway (sees_names) have no limit.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

from django.db import connection
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page
from wagtail.signals import page_published

from safeguarding.leak_check.candidates import has_many_candidates
from safeguarding.leak_check.checking import Findings, check, check_titles
from safeguarding.leak_check.hits import LIMIT, count_today, record
from safeguarding.leak_check.sources import source_of
from safeguarding.leak_check.words import load_words
from safeguarding.policies import sees_names

# A message names at most this many places whose protected words are all ordinary words too, such as "Rose".
# With more, the text could be a list of guesses.
MANY_ORDINARY = 3
# An ordinary text has words of fewer people than this whom its page doesn't list.
MANY_STRANGERS = 6

# The RequestCheck of the current request, or None outside of requests that `check_for_leaks` wraps.
current_check = ContextVar("current_check", default=None)


def check_for_leaks(view):
    """Decorate an admin view: check what a request saves, and add messages about protected words in it.

    site_project/urls.py applies it to all of them.
    """

    @wraps(view)
    def checked(request, *args, **kwargs):
        # Any method: the GET request for a preview validates what an earlier request has stored.
        with checking(request.user, request):
            return view(request, *args, **kwargs)

    return checked


@contextmanager
def checking(user, request=None):
    """Context manager in which what the leak check finds counts for `user`, or for nobody if that is None.

    `request`: it gets the messages. The scheduler has none. The count that finish() stores is lost
    if a transaction around this is rolled back.
    """
    request_check = RequestCheck(user, request)
    token = current_check.set(request_check)
    try:
        yield
    finally:
        current_check.reset(token)
        request_check.finish()


class RequestCheck:
    """The leak check of one request, or of one version that the scheduler publishes.

    `saved`: {(model, primary key): object} of what the request saved. `found`: a set with a pair ((model,
    primary key), name of the place) for each place with protected words. All ordinary words in one object
    are one pair, with None as the name of the place. A text with more candidates than an ordinary one adds as
    many numbers as bring the user above LIMIT. `stored`: how many of these are in the user's count of today.
    """

    def __init__(self, user, request):
        self.user, self.request = user, request
        self.saved, self.found, self.stored = {}, set(), 0

    @cached_property
    def words(self):
        """The ProtectedWords of all people. A request decrypts them at most once."""
        return load_words()

    @cached_property
    def found_before(self):
        """The number of places that the check found for the user today, without those in `found`."""
        return count_today(self.user)

    @cached_property
    def is_limited(self):
        """Whether the user has a daily limit."""
        return self.user is not None and not sees_names(self.user)

    @property
    def is_above_limit(self):
        """Whether the user is above the limit by now."""
        return self.is_limited and self.found_before + len(self.found) > LIMIT

    def queue(self, instance):
        """Check `instance`, which the request saved, at the end of the request. Autosaves are not checked."""
        # Wagtail's editor asks for JSON when it autosaves a page.
        if self.request and (self.request.accepts("text/html") or not isinstance(instance, Page)):
            self.saved[type(instance), instance.pk] = instance

    def count(self, instance, findings, texts):
        """Count the places in `findings`, the Findings in `instance`. Return the Findings to tell, or None.

        All places with ordinary words only count as one together. `texts`: the LocatedTexts that were checked
        at once.
        """
        if not findings or not self.is_limited:
            return findings
        key = type(instance), instance.pk
        self.found |= {(key, place.where) for place in findings.stops + findings.warnings}
        self.found |= {(key, None)} if findings.ordinary else set()
        # Before anything is told: other requests of the user at the same moment count too.
        if not connection.in_atomic_block:
            self.store()
        if self.is_above_limit:
            return None
        if findings.strangers < MANY_STRANGERS and not has_many_candidates(each.text for each in texts):
            return findings
        self.found |= set(range(LIMIT + 1))
        return name_fields(instance, findings)

    def finish(self):
        """Add the messages about what was saved, and store the number of places that were found."""
        if self.saved and self.is_limited and self.found_before > LIMIT:
            messages.warning(self.request, get_limit_message())
        elif self.saved and self.words.words:
            self.warn()
        self.store()

    def store(self):
        """Add the places that were found to the user's count of today."""
        if new := len(self.found) - self.stored:
            self.stored = len(self.found)
            self.found_before = record(self.user, new) - self.stored

    def warn(self):
        """Check what was saved, and add the messages about it, each once."""
        checked = [(each, check(each, self.words.words)) for each in self.saved.values()]
        # An import of redirects, for example, saves many objects with one candidate each.
        others = [text for each, findings in checked if not isinstance(each, Page) for text in findings.texts]
        warnings = []
        for each, findings in checked:
            told = self.count(each, findings, findings.texts if isinstance(each, Page) else others)
            # A button would tell which object it is.
            buttons = self.edit_buttons(each) if told is findings else []
            texts = [get_limit_message()] if told is None else describe(each, told)
            warnings += [(text, buttons) for text in texts if (text, buttons) not in warnings]
        for text, buttons in warnings:
            messages.warning(self.request, text, buttons=buttons)

    def edit_buttons(self, instance):
        """Return a list with a link to the form for `instance`, if the user may edit it."""
        address = AdminURLFinder(self.user).get_edit_url(instance)
        return [messages.button(address, _("Edit"))] if address else []


def get_words():
    """Return the ProtectedWords of all people. A request in `check_for_leaks` loads them only once."""
    request_check = current_check.get()
    return request_check.words if request_check else load_words()


def can_compare():
    """Return whether the protected words of all people can be read, to compare texts with them."""
    return get_words().is_complete


def find_stops(page, titles=None):
    """Return {name of a field: [sentence]} about the words in `page`, and in labels, that prevent publishing.

    The name is None for texts that are in no field of the form, such as the name of an author. `titles`: the
    LocatedTexts of sections above `page`, to check only these with the people in `page` and below it.
    """
    request_check, words = current_check.get(), get_words().words
    if not words:
        return {}
    if request_check and request_check.is_above_limit:
        return {None: [get_limit_message()]}
    if titles is None:
        findings = check(page, words, page.read_labels())
    else:
        findings = check_titles(titles, words, page.get_descendants(inclusive=True))
    # Places that only cause a warning are not told, so they don't count.
    told = Findings(findings.stops, strangers=findings.strangers)
    if request_check and (told := request_check.count(page, told, findings.texts)) is None:
        return {None: [get_limit_message()]}
    by_field = {}
    for place in told.stops:
        by_field.setdefault(place.field, []).append(place)
    text = get_stop_message()
    return {field: [text % {"places": join(places)}] for field, places in by_field.items()}


def describe(instance, findings):
    """Yield the sentences for the user about the Findings `findings` in `instance`."""
    is_page = isinstance(instance, Page)
    kind = "" if is_page else f"{capfirst(instance._meta.verbose_name)}: "
    if findings.stops:
        text = _("This would give somebody away, please change it: %(places)s.")
        yield kind + (get_stop_message() if is_page else text) % {"places": join(findings.stops)}
    warned = join(findings.warnings)
    ordinary = join(findings.ordinary)
    if len(findings.ordinary) > MANY_ORDINARY:
        ordinary = _("several places")
    if warned or ordinary:
        text = _(
            "This may give somebody away: %(places)s. It is only a hint, and nothing is refused because of "
            "it. If you are not sure, ask the safeguarding team."
        )
        yield kind + text % {"places": ", ".join(filter(None, [warned, ordinary]))}


def name_fields(instance, findings):
    """Return Findings that name the fields of `findings`, and no places in them."""
    labels = {field.name: str(field.verbose_name) for field in instance._meta.concrete_fields}
    lists = (findings.stops, findings.warnings, findings.ordinary)
    return Findings(
        *([each._replace(where=labels.get(each.field, each.where)) for each in places] for places in lists)
    )


def join(places):
    """Return the names of `places`, each once, separated by commas."""
    return ", ".join(dict.fromkeys(place.where for place in places))


def list_places(found, user):
    """Return [(name, address, names of its places)] for each LiveObject in `found`.

    The address is that of the form, or None. If the user may not edit a page, it is that on the site.
    """

    def address_of(instance):
        for_user, for_others = (AdminURLFinder(each).get_edit_url(instance) for each in (user, None))
        return for_user or getattr(instance, "full_url", for_others)

    return [(each.name, address_of(each.instance), join(each.places)) for each in found]


def get_stop_message():
    """Return the message about places that prevent publishing. "%(places)s" stands for their names."""
    return _(
        "This would give somebody away, and can't be published: %(places)s. Change the words there, or ask "
        "the safeguarding team."
    )


def get_limit_message():
    """Return the message that a user above the limit gets instead of the names of places."""
    return _(
        "Today the site has often found places in your texts that could give somebody away. You can still "
        "save what you write. Until tomorrow, the site no longer says where such places are, and you can't "
        "publish or move pages: please ask the safeguarding team to look at your texts with you. They "
        "can allow it earlier."
    )


@receiver(post_save)
def queue_saved(sender, instance, raw, **_arguments):
    """Check each object that the current request saves, except pages.

    The row of a page doesn't have the texts of its draft. `queue_page` and `queue_published` handle pages.
    """
    request_check = current_check.get()
    if request_check and not raw and source_of(sender).is_shown and not issubclass(sender, Page):
        request_check.queue(instance)


def queue_page(request, page):
    """Hook: check a page that was saved in the page editor."""
    if request_check := current_check.get():
        request_check.queue(page)


@receiver(page_published)
def queue_published(instance, **_arguments):
    """Check each page that the current request publishes."""
    queue_page(None, instance)
