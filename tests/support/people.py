"""Functions that create people, consents and decisions, and stories about them, for the tests."""

import datetime

from django.utils import timezone
from wagtail.test.utils.form_data import inline_formset

from caching.local_date import today
from publishing.visibility import published_pages
from safeguarding.models import Consent, Contributor, Decision, Reading
from safeguarding.scopes import Channel, Naming, Picture, Voice
from stories.models import StoryPerson
from tests.support.builders import make_story, story_form

# A consent event that agrees to everything. A person's events are the answers given over time.
# With legal proceedings, or in a programme, the safeguarding team would also have to decide about each story.
ALL_AGREED = {"picture": Picture.RECOGNISABLE, "voice": Voice.AS_IT_IS, "naming": Naming.REAL}
ALL_AGREED |= {"where": Channel.values, "proceedings": False, "in_programme": False}


def days_from_today(number):
    return today() + datetime.timedelta(days=number)


def make_person(*events, **fields):
    """Return a new person with a consent event for each dictionary of `events`."""
    person = Contributor.objects.create(**{"kind": "adult"} | fields)
    for event in events:
        record(person, **event)
    return person


def make_agreeing_person(event=(), **fields):
    """Return a new person who agreed to everything, except for what `event` changes."""
    return make_person(ALL_AGREED | dict(event), **fields)


def record(person, **event):
    """Record a consent event of `person`, by default of ten days ago, who need not see the final text."""
    usual = {"contributor": person, "given_on": days_from_today(-10), "final_text": "no"}
    return Consent.objects.create(**usual | event)


def withdraw(person):
    return record(person, event="withdrawn", given_on=today())


def rows_of(*people, naming=Naming.CHANGED):
    """Return the rows with which a story lists `people`. `naming`: how the story names them."""
    return [StoryPerson(contributor=person, naming=naming, sort_order=n) for n, person in enumerate(people)]


def make_story_about(*people, naming=Naming.CHANGED, **fields):
    """Return a new story in which `people` are listed; live unless `live=False`."""
    return make_story(people="listed", story_people=rows_of(*people, naming=naming), **fields)


def decide(story, person, ground, days=100):
    """Record a decision on the content that `story` has now."""
    digest, reason = type(story).objects.get(pk=story.pk).people_digest, "It was weighed."
    fields = {"page": story, "contributor": person, "ground": ground, "ends_on": days_from_today(days)}
    return Decision.objects.create(digest=digest, reason=reason, **fields)


def answer(story, person, agrees=True, **fields):
    """Return a reading of the latest version of `story` by `person`, which they agreed to or not."""
    content, now = story.get_latest_revision_as_object(), timezone.now()
    [digest] = [each.digest for each in content.report_people().uses if each.contributor_id == person.pk]
    usual = {"contributor": person, "page": story, "revision": story.latest_revision, "digest": digest}
    usual |= {"language": "en", "ends_at": now, "answered_at": now, "agrees": agrees}
    return Reading.objects.create(**usual | fields)


def people_fields(story):
    """Return the fields of the editor's form about the people in `story`, as they are stored."""
    names = {None: ""}
    rows = [
        {"id": row.pk or "", "contributor": row.contributor_id, "naming": names.get(row.naming, row.naming)}
        for row in story.story_people.all()
    ]
    stored = sum(bool(row["id"]) for row in rows)
    return {"people": story.people, "story_people": inline_formset(rows, initial=stored)}


def send_form(client, story, action=None, **fields):
    """Send the page editor's form for `story` and other `fields`. Return the response."""
    form = {"title": story.title, "slug": story.slug} | people_fields(story) | fields
    return client.post(f"/admin/pages/{story.pk}/edit/", story_form(action, **form))


def is_read(page):
    """Return whether visitors read `page` as it is stored."""
    return published_pages().filter(pk=page.pk).exists()
