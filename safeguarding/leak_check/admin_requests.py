"""Runs the leak check on what requests of the admin save, and adds its messages to their responses.

A user who may write drafts could guess protected words by trying them one after another. This module makes
that hard:

* Autosaves are not checked.
* A message says where a word was found, and never which word it is.
* The places that messages name are counted for each user and day. Above LIMIT, messages only say that the
  user should ask the safeguarding team. Leads, who are this team, have no limit: they can read the words.
"""

from contextvars import ContextVar
from functools import wraps

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import Page
from wagtail.signals import page_published

from safeguarding.leak_check.checking import check
from safeguarding.leak_check.hits import LIMIT, count_today, record
from safeguarding.leak_check.texts import source_of
from safeguarding.leak_check.words import load_words
from safeguarding.policies import is_lead

# A message names at most this many places whose protected words are all ordinary words too, such as "Rose".
# With more, the text could be a list of guesses.
MANY_ORDINARY = 3

# The RequestCheck of the current request, or None outside of requests that `check_for_leaks` wraps.
current_check = ContextVar("current_check", default=None)


def check_for_leaks(view):
    """Decorate an admin view: check what a request saves, and add messages about protected words in it.

    site_project/urls.py applies it to all of them.
    """

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return view(request, *args, **kwargs)
        request_check = RequestCheck(request)
        token = current_check.set(request_check)
        try:
            return view(request, *args, **kwargs)
        finally:
            current_check.reset(token)
            request_check.finish()

    return checked


class RequestCheck:
    """The leak check of one request.

    `saved`: {(model, primary key): object} of what the request saved. `found`: a set with a pair ((model,
    primary key), name of the place) for each place with protected words. All ordinary words in one object
    are one pair, with None as the name of the place.
    """

    def __init__(self, request):
        self.request = request
        self.saved, self.found = {}, set()

    @cached_property
    def words(self):
        """The ProtectedWords of all people. A request decrypts them at most once."""
        return load_words()

    @cached_property
    def found_before(self):
        """The number of places that the check found for the user today, before this request."""
        return count_today(self.request.user)

    @cached_property
    def is_limited(self):
        """Whether the user has a daily limit."""
        return not is_lead(self.request.user)

    @property
    def is_above_limit(self):
        """Whether the user was above the limit before this request. What is saved is not checked then."""
        return self.found_before > LIMIT and self.is_limited

    def queue(self, instance):
        """Check `instance`, which the request saved, at the end of the request. Autosaves are not checked."""
        # Wagtail's editor asks for JSON when it autosaves.
        if self.request.accepts("text/html"):
            self.saved[type(instance), instance.pk] = instance

    def may_name_places(self, instance, places, ordinary=()):
        """Count the places that were found in `instance`. Return whether a message may name them.

        `places`: the LocatedTexts with a protected word that is not ordinary. `ordinary`: those with ordinary
        words only. All of these count as one place together.
        """
        if not self.is_limited:
            return True
        key = type(instance), instance.pk
        self.found |= {(key, place.where) for place in places}
        self.found |= {(key, None)} if ordinary else set()
        return self.found_before + len(self.found) <= LIMIT

    def finish(self):
        """Add the messages about what was saved, and store the number of places that were found."""
        if self.saved and self.is_above_limit:
            messages.warning(self.request, get_limit_message())
        elif self.saved and self.words.words:
            for instance in self.saved.values():
                self.warn(instance)
        if self.found:
            record(self.request.user, len(self.found))

    def warn(self, instance):
        """Check `instance`, and add the messages about it."""
        findings = check(instance, self.words.words)
        if not findings:
            return
        if self.may_name_places(instance, findings.stops + findings.warnings, findings.ordinary):
            for text in describe(instance, findings):
                messages.warning(self.request, text, buttons=self.edit_buttons(instance))
        else:
            messages.warning(self.request, get_limit_message())

    def edit_buttons(self, instance):
        """Return a list with a link to the form for `instance`, if the user may edit it."""
        address = AdminURLFinder(self.request.user).get_edit_url(instance)
        return [messages.button(address, _("Edit"))] if address else []


def get_words():
    """Return the ProtectedWords of all people. A request in `check_for_leaks` loads them only once."""
    request_check = current_check.get()
    return request_check.words if request_check else load_words()


def can_compare():
    """Return whether the protected words of all people can be read, to compare texts with them."""
    return get_words().is_complete


def find_stops(page):
    """Return {name of a field: [sentence]} about the protected words that prevent publishing `page`.

    The name is None for texts that are in no field of the form, such as the name of an author.
    """
    request_check, words = current_check.get(), get_words()
    stops = check(page, words.words).stops if words.words else []
    if stops and request_check and not request_check.may_name_places(page, stops):
        return {None: [get_limit_message()]}
    by_field = {}
    for place in stops:
        by_field.setdefault(place.field, []).append(place)
    text = get_stop_message()
    return {field: [text % {"places": join(places)}] for field, places in by_field.items()}


def describe(instance, findings):
    """Yield the sentences for the user about the Findings `findings` in `instance`."""
    is_page = isinstance(instance, Page)
    kind = "" if is_page else f"{capfirst(instance._meta.verbose_name)}: "
    if findings.stops:
        text = (
            get_stop_message()
            if is_page
            else _("This would give somebody away, please change it: %(places)s.")
        )
        yield kind + text % {"places": join(findings.stops)}
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
        "save what you write. Until tomorrow, the site no longer says where such places are: please ask the "
        "safeguarding team to look at your texts with you."
    )


@receiver(post_save)
def queue_saved(sender, instance, raw, **_arguments):
    """Check each object that the current request saves, except pages.

    The row of a page doesn't have the texts of its draft. `queue_page` and `queue_published` handle pages.
    """
    request_check = current_check.get()
    if request_check and not raw and source_of(sender) and not issubclass(sender, Page):
        request_check.queue(instance)


@receiver(page_published)
def queue_published(instance, **_arguments):
    """Check each page that the current request publishes."""
    if request_check := current_check.get():
        request_check.queue(instance)


def queue_page(request, page):
    """Hook: check a page that was saved in the page editor."""
    if request_check := current_check.get():
        request_check.queue(page)
