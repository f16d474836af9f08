"""Checks whether something prevents publishing a page, and tells its editor in words.

Its people may not have agreed to it, it may have a protected word (one that would give somebody away:
safeguarding/leak_check/), or it may have expired.
"""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from wagtail.signals import pre_page_move

from caching.local_date import today
from publishing.people import People, contributors_in, find_doubtful, find_voices, images_by_field, levels_in
from safeguarding.gate import ABOUT_PICTURES, ABOUT_VOICES, FOR_EDITORS
from safeguarding.leak_check.admin_requests import can_compare, find_stops
from safeguarding.leak_check.texts import read_titles
from safeguarding.models import Contributor
from safeguarding.releases import judge_uses, load_people

# The code of the errors of this module. When clean() raises an error, full_clean() raises another one, so the
# class of the outer error gets lost. The errors in it, which have the code, are kept.
CODE = "people"
# A message of Wagtail's page form. gettext finds Wagtail's translations of it.
IS_OVER = "Expiry date/time must be in the future."


class PublishingRefused(ValidationError):
    """Raised if `page` can't be published, moved or copied. `message_dict`: {field: sentences}."""

    def __init__(self, page, errors):
        self.page = page
        super().__init__(errors)


def errors_in(error):
    """Return (name of a field, ValidationError) pairs: those in `error`, a ValidationError, with CODE."""
    by_field = error.error_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.error_list}
    return [(field, each) for field, errors in by_field.items() for each in errors if each.code == CODE]


def day_of_publication(page):
    """Return the day on which `page` would go live if it were published now."""
    if page.go_live_at and page.go_live_at > timezone.now():
        return timezone.localdate(page.go_live_at, timezone.get_default_timezone())
    return today()


def find_errors(page, can_compare=can_compare):
    """Return {name of a field: [ValidationError]} for what prevents publishing `page` because of its people.

    Each error has these attributes. `person`: the Contributor that it is about, or None. `page`: the page.
    `unmet`: a set of at most one Unmet, or of "not seen". `is_for_leads`: whether only the safeguarding team
    can help.

    The argument `can_compare` is a function that returns whether the site can read the protected words, which
    the leak check looks for. The default one decrypts all of them.
    """
    found = [*answer_errors(page), *picture_errors(page), *voice_errors(page)]
    # Most pages have neither, and a report takes several queries. A page with neither, to which somebody who
    # was taken out of it said no, can be published: its Release keeps it from readers.
    if contributors_in(page) or find_doubtful(page):
        report = page.report_people()
        found += [*unseen_errors(page, report), *person_errors(page, report)]
        # The leak check can't look for words that it can't read, such as the names of people in this page.
        if report.uses and not can_compare():
            text = _("A key is missing in SAFEGUARDING_KEYS. Save the draft, and tell whoever runs the site.")
            found.append(("people", text, None))
    errors = {}
    for field, text, person, *unmet in found:
        error = ValidationError(text, code=CODE)
        error.person, error.page, error.unmet = person, page, set(unmet)
        error.is_for_leads = not FOR_EDITORS.issuperset(unmet)
        errors.setdefault(field, []).append(error)
    return errors


# The following generators are about people. They yield (field, text, Contributor or None), and, if the
# safeguarding team may have to help, what is not met.


def answer_errors(page):
    """Check that somebody answered who is in the page, and that the answer fits the list of people."""
    listed = page.story_people.all()
    if not page.people:
        yield "people", _("Say who is in this page. You can save it before you answer."), None
    elif page.people == People.LISTED and not listed:
        yield "people", _("Choose the people in this page."), None
    elif page.people != People.LISTED and listed:
        yield "people", _("There are people in the list: take them out, or choose “These people”."), None
    elif page.lacks_reason:
        yield "people", _("Write in one sentence why nobody could tell who it is."), None


def picture_errors(page):
    """Check that somebody said who is on each picture, and that these people are in the list."""
    listed = {row.contributor_id for row in page.story_people.all()}
    ask = _("Say who is on this picture, in the library of pictures.")
    if not listed:
        ask = _("Add the person under “People in this page”, then say who is on this picture.")
    for field, images in images_by_field(page).items():
        for image in images:
            people = list(image.people.all())
            # asks_again: the file was replaced or a person on it deleted, so the answer no longer holds.
            if image.asks_again or (image.shows == image.Shows.PERSON_IN_STORY and not people):
                address = reverse("wagtailimages:edit", args=[image.pk])
                yield field, format_html('<a href="{}">{}</a>', address, ask), None
            for person in people:
                if person.pk not in listed:
                    text = _("%(code)s is on the picture: add this person to the people in this page.")
                    yield "people", text % {"code": person.code}, person


def voice_errors(page):
    """Check that somebody said whose voices are heard, and that these people are in the list."""
    voices, unanswered = find_voices(page)
    for title in unanswered:
        yield "body", _("Say whose voices are heard in “%s”, and choose them.") % title, None
    listed = {row.contributor_id for row in page.story_people.all()}
    for person in Contributor.objects.filter(pk__in=voices.keys() - listed):
        text = _("%(code)s is heard in a recording: add this person to the people in this page.")
        yield "people", text % {"code": person.code}, person


def unseen_errors(page, report):
    """Check that a safeguarding lead looked at the page, if it waits for that.

    It waits because of pictures, or because somebody who is not in the list said no to it. `report`: the
    Report of the page.
    """
    if report.waits:
        text = _("A picture shows, or showed, a person. Choose “These people”, or ask the safeguarding team.")
        if not find_doubtful(page):
            text = _("Ask the safeguarding team to look at this page.")
        yield "people", text, None, "not seen"  # no Unmet: it only makes the error one for leads


def person_errors(page, report):
    """Check that everybody in the page agrees to what it shows of them."""
    people = load_people(use.contributor_id for use in report.uses)
    levels = {field: levels_in(images) for field, images in images_by_field(page).items()}
    judged = judge_uses(page, report.uses, report.digest, people, day_of_publication(page))
    for person, use, verdict in judged:
        for unmet in verdict.unmet:
            fields = ["body"] if unmet in ABOUT_VOICES else ["people"]
            if unmet in ABOUT_PICTURES:
                # The fields that have the pictures on which the person is seen most clearly.
                fields = [field for field, found in levels.items() if found.get(person.pk) == use.picture]
            for field in fields:
                yield field, unmet.describe(person), person, unmet


# --- Protected words, and the expiry -----------------------------------------------------------------


def find_leaks(page, titles=None):
    """Return {name of a field: [ValidationError]} for protected words that prevent publishing `page`.

    `titles`: as in find_stops().
    """
    return {
        field or NON_FIELD_ERRORS: [ValidationError(text, code=CODE) for text in texts]
        for field, texts in find_stops(page, titles).items()
    }


def find_title_leaks(page):
    """Return those of find_leaks() that also prevent what sends mails about `page`, such as submitting it.

    These are about the title (it is the subject of mails), about labels (at the field "people"), and about
    what is in no field of the page, such as the names of its authors. Above the limit of the leak check, an
    error about no field is all that find_leaks() says.
    """
    errors = find_leaks(page).items()
    return {field: each for field, each in errors if field in {"title", "people", NON_FIELD_ERRORS}}


def refuse_titles(page, above):
    """Raise PublishingRefused if a title or slug of `above` would give away somebody in `page` or below it.

    `above`: a queryset of the pages that are or will be above `page`. `page` may be among them.
    """
    if errors := find_leaks(page, read_titles(above)):
        raise PublishingRefused(page, errors)


@receiver(pre_page_move)
def check_titles_above(instance, parent_page_before, parent_page_after, **_arguments):
    """Refuse to move a page to where a title or slug above it would give somebody away."""
    if parent_page_before != parent_page_after:
        refuse_titles(instance, parent_page_after.get_ancestors(inclusive=True))


def find_passed_end(page):
    """Return {"expire_at": [ValidationError]} if `page` has expired, and otherwise {}.

    Lists and bulk actions publish a page without its form, which checks this too.
    """
    is_over = page.expire_at and page.expire_at < timezone.now()
    return {"expire_at": [ValidationError(_(IS_OVER), code=CODE)]} if is_over else {}
