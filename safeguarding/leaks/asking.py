"""What a request of the admin is told by the leak check.

Whoever may write a draft could try names until one is found. So nothing is checked while the editor saves by
itself, an answer says where a word stands and never which word it is, and answers are counted for each user
and day. After LIMIT of them the answer is only to ask a lead. Leads can read the words, so there is no limit
for them.
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

from safeguarding.leaks.checking import check
from safeguarding.leaks.hits import LIMIT, count_today, record
from safeguarding.leaks.texts import source_of
from safeguarding.leaks.words import load_words
from safeguarding.policies import is_lead

# The places with ordinary words that are told at most: a text with many of them could be a list to try.
MANY_ORDINARY = 3

asking = ContextVar("asking", default=None)


def answer_leaks(view):
    """Decorate an admin view to tell its user where protected words are in what the request saved."""

    @wraps(view)
    def checked(request, *args, **kwargs):
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return view(request, *args, **kwargs)
        question = Question(request)
        token = asking.set(question)
        try:
            return view(request, *args, **kwargs)
        finally:
            asking.reset(token)
            question.finish()

    return checked


class Question:
    """A request that saves something. `saved`: {key: object}. `told`: the places that the user is told."""

    def __init__(self, request):
        self.request = request
        self.saved, self.told = {}, set()

    @cached_property
    def words(self):
        """The ProtectedWords, which are decrypted at most once for each request."""
        return load_words()

    @cached_property
    def told_before(self):
        return count_today(self.request.user)

    @cached_property
    def is_limited(self):
        return not is_lead(self.request.user)

    @property
    def is_over(self):
        """Whether the user was told so much that nothing is compared any more when something is saved."""
        return self.told_before > LIMIT and self.is_limited

    def note(self, instance):
        """Have `instance`, which was saved, checked at the end. The editor that saves by itself asks JSON."""
        if self.request.accepts("text/html"):
            self.saved[type(instance), instance.pk] = instance

    def may_tell(self, instance, places, ordinary=()):
        """Count `places` in `instance`, all that are `ordinary` as one. Return whether they may be told."""
        if not self.is_limited:
            return True
        key = type(instance), instance.pk
        self.told |= {(key, place.where) for place in places}
        self.told |= {(key, None)} if ordinary else set()
        return self.told_before + len(self.told) <= LIMIT

    def finish(self):
        """Tell the user of protected words in what was saved, and count what was told."""
        if self.saved and self.is_over:
            messages.warning(self.request, ask_lead())
        elif self.saved and self.words.words:
            for instance in self.saved.values():
                self.warn(instance)
        if self.told:
            record(self.request.user, len(self.told))

    def warn(self, instance):
        findings = check(instance, self.words.words)
        if not findings:
            return
        if self.may_tell(instance, findings.stops + findings.warnings, findings.ordinary):
            for text in describe(instance, findings):
                messages.warning(self.request, text, buttons=self.edit_buttons(instance))
        else:
            messages.warning(self.request, ask_lead())

    def edit_buttons(self, instance):
        address = AdminURLFinder(self.request.user).get_edit_url(instance)
        return [messages.button(address, _("Edit"))] if address else []


def get_words():
    """Return the ProtectedWords: those of the request at hand, if it is one of the admin."""
    question = asking.get()
    return question.words if question else load_words()


def can_compare():
    """Return whether the protected words of all people can be read."""
    return get_words().is_complete


def find_stops(page):
    """Return {field: [sentence]} of the protected words because of which `page` can't be published.

    The field is None for what is not in a field of the form.
    """
    question, words = asking.get(), get_words()
    stops = check(page, words.words).stops if words.words else []
    if stops and question and not question.may_tell(page, stops):
        return {None: [ask_lead()]}
    by_field = {}
    for place in stops:
        by_field.setdefault(place.field, []).append(place)
    text = _("This would give somebody away, and can't be published: %(places)s.")
    return {field: [text % {"places": join(places)}] for field, places in by_field.items()}


def describe(instance, findings):
    """Yield the sentences about `findings` in `instance`, which was saved."""
    is_page = isinstance(instance, Page)
    kind = "" if is_page else f"{capfirst(instance._meta.verbose_name)}: "
    if findings.stops:
        text = (
            _("This would give somebody away, and can't be published: %(places)s.")
            if is_page
            else _("This would give somebody away, please change it: %(places)s.")
        )
        yield kind + text % {"places": join(findings.stops)}
    warned = join(findings.warnings)
    ordinary = join(findings.ordinary)
    if len(findings.ordinary) > MANY_ORDINARY:
        ordinary = _("several places")
    if warned or ordinary:
        text = _("This may give somebody away: %(places)s. If you are not sure, ask the safeguarding team.")
        yield kind + text % {"places": ", ".join(filter(None, [warned, ordinary]))}


def join(places):
    return ", ".join(dict.fromkeys(place.where for place in places))


def list_places(found, user):
    """Return [(name, address in the admin or None, places)] of `found`, LiveObjects."""
    finder = AdminURLFinder(user)
    return [(each.name, finder.get_edit_url(each.instance), join(each.places)) for each in found]


def ask_lead():
    return _(
        "Protected words were found too often in what you wrote today. Please ask the safeguarding lead "
        "before you go on."
    )


@receiver(post_save)
def note_saved(sender, instance, raw, **_arguments):
    """Have what the request at hand saves checked, except pages, as a draft changes no text in their rows."""
    question = asking.get()
    if question and not raw and source_of(sender) and not issubclass(sender, Page):
        question.note(instance)


@receiver(page_published)
def note_published(instance, **_arguments):
    if question := asking.get():
        question.note(instance)


def note_page(request, page):
    """Hook: have a page that was saved in the editor checked."""
    if question := asking.get():
        question.note(page)
