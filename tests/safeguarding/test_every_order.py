"""Readers never see what is not agreed to, whatever editors, moderators, leads and the scheduler do.

Leads are the members of the safeguarding team. The test acts in random orders. `make test` tries the same
few each time, and `make drill` many others.
"""

import datetime
from contextlib import suppress

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from caching.local_date import today
from media.models import CleanImage
from publishing.visibility import is_published
from safeguarding.holds import bring_back, take_down
from safeguarding.models import Consent, Contributor, Decision
from safeguarding.scopes import Channel, Naming, Picture
from stories.models import StoryPage
from tests.support import builders, fuzzing
from tests.support.people import (
    ALL_AGREED,
    days_from_today,
    decide,
    make_agreeing_person,
    make_story_about,
    record,
    rows_of,
    withdraw,
)
from tests.support.undone import undone

# Each example is a whole order of acts, so a tenth of the usual number has to do.
EXAMPLES = fuzzing.number_of_examples(40) // 10
NOON = datetime.datetime(2026, 3, 10, 12, tzinfo=datetime.UTC)

# --- The rules, written independently of the code under test -------------------------------------


def may_be_read(story):
    """Return whether everybody in `story` agrees today. Pictures that readers don't see are left out."""
    named = {row.contributor: row.naming for row in story.story_people.all()}
    if story.people != ("listed" if named else "none"):
        return False
    image = story.lead_image
    if image and not set(image.people.all()) <= named.keys():
        return False
    pictured = image.people.all() if image and image.is_shown else ()
    return all(agrees(person, story, naming, person in pictured) for person, naming in named.items()) and all(
        is_visible(person, image) for person in pictured
    )


def agrees(person, story, naming, is_pictured):
    """Return whether `person` agrees to be in `story` under `naming` today, or a decision replaces that."""
    decisions = Decision.objects.filter(page=story.pk, digest=story.people_digest, contributor=person)
    decided = set(decisions.filter(ends_on__gte=today()).values_list("ground", flat=True))
    consent, child = last_consent(person), is_child(person)
    if naming is None or person.held_since or (consent and consent.event == "withdrawn"):
        return False
    if child and ("child" not in decided or naming == Naming.REAL):
        return False
    if not is_running(person, consent):
        return "other" in decided and not is_pictured
    return (
        Channel.WEBSITE in consent.where
        and naming <= consent.naming
        and (consent.proceedings is False or "proceedings" in decided)
        and (consent.in_programme is False or "programme" in decided)
        and (not child or consent.given_by == "guardian")
    )


def is_visible(person, image):
    """Return whether `person` agrees to be on `image` today."""
    consent, child = last_consent(person), is_child(person)
    level = Picture.RECOGNISABLE if image.is_recognisable else Picture.NOT_RECOGNISABLE
    return (
        is_running(person, consent)
        and not person.held_since
        and Channel.WEBSITE in consent.where
        and level <= consent.picture
        and not (child and (level == Picture.RECOGNISABLE or consent.given_by != "guardian"))
    )


def last_consent(person):
    return person.consents.order_by("pk").last()


def is_child(person):
    return person.kind == "child" and today() < person.adult_on


def is_running(person, consent):
    """Return whether `consent`, the last one of `person`, is valid today."""
    if consent is None or consent.event == "withdrawn":
        return False
    is_over = consent.given_by == "guardian" and person.adult_on and person.adult_on <= today()
    return consent.given_on <= today() <= consent.ends_on and not is_over


# --- What people do ------------------------------------------------------------------------------

story_numbers = st.integers(0, 1)
person_numbers = st.integers(0, 2)
numbers_of_days = st.integers(1, 40)


def mostly(usual, *others):
    """Return a strategy that draws `usual` more often than each of `others`."""
    return st.sampled_from([usual, usual, usual, *others])


# {number of a person: Naming} for the people whom a story lists, and what differs in a consent event.
listed = st.dictionaries(person_numbers, mostly(Naming.CHANGED, None, *Naming), max_size=2)
differences = {"picture": st.sampled_from(Picture), "naming": st.sampled_from(Naming)}
differences |= {"where": mostly(["website"], []), "given_by": st.sampled_from(Consent.GivenBy)}
differences |= dict.fromkeys(("proceedings", "in_programme"), mostly(False, None, True))
events = st.fixed_dictionaries({}, optional=differences)
grounds = mostly("child", *Decision.Ground)


def make_site():
    """Make two published stories, three people, one of them a child, a picture, and an administrator."""
    child = {"kind": "child", "adult_on": days_from_today(60)}
    # The consents of two end soon, so that a story is often hidden because of the day alone.
    people = [make_agreeing_person({"ends_on": days_from_today(days)}) for days in (2, 9)]
    people.append(make_agreeing_person({"given_by": "guardian"}, **child))
    builders.make_image(shows="person", is_recognisable=False).people.add(people[0])
    stories = [make_story_about(people[key], live=False) for key in (0, 2)]
    decide(stories[1], people[2], "child", days=30)
    for story in stories:
        story.latest_revision.publish()
    assert StoryPage.objects.published().count() == 2
    builders.make_user(is_superuser=True)


class Site(RuleBasedStateMachine):
    """The site of make_site(). Each rule is something that somebody does. All is rolled back at the end."""

    clock = None  # the fixture time_machine

    def __init__(self):
        super().__init__()
        self.clock.move_to(NOON, tick=False)
        self.block = undone()
        self.block.__enter__()
        self.people = list(Contributor.objects.order_by("pk"))
        self.stories = list(StoryPage.objects.order_by("pk"))
        self.image, self.user = CleanImage.objects.get(), get_user_model().objects.get()

    def teardown(self):
        self.block.__exit__(None, None, None)

    def draft(self, number):
        return StoryPage.objects.get(pk=self.stories[number].pk).get_latest_revision_as_object()

    # Editors

    @rule(number=story_numbers, people=listed, is_answered=mostly(True, False), is_pictured=st.booleans())
    def save_draft(self, number, people, is_answered, is_pictured):
        story = self.draft(number)
        story.people = ("listed" if people else "none") if is_answered else ""
        rows = [rows_of(self.people[key], naming=naming)[0] for key, naming in people.items()]
        story.story_people = rows
        story.lead_image, story.lead_image_alt = (self.image if is_pictured else None), "Somebody"
        story.save_revision(clean=False)

    @rule(number=story_numbers)
    def submit(self, number):
        story = StoryPage.objects.get(pk=self.stories[number].pk)
        if not story.current_workflow_state:
            story.get_workflow().start(story, self.user)

    @rule(people=st.lists(person_numbers, unique=True, max_size=2), is_recognisable=st.booleans())
    def say_who_is_on_the_picture(self, people, is_recognisable):
        image = builders.save_with(CleanImage.objects.get(pk=self.image.pk), is_recognisable=is_recognisable)
        image.people.set([self.people[key] for key in people])

    # Moderators

    @rule(number=story_numbers)
    def publish(self, number):
        with suppress(ValidationError):
            self.draft(number).latest_revision.publish(user=self.user)

    @rule(number=story_numbers)
    def approve(self, number):
        state = self.draft(number).current_workflow_state
        with suppress(ValidationError), transaction.atomic():
            if state:
                state.current_task_state.approve(user=self.user)

    @rule(number=story_numbers, days=numbers_of_days)
    def schedule(self, number, days):
        story = self.draft(number)
        story.go_live_at = timezone.now() + datetime.timedelta(days=days)
        with suppress(ValidationError):
            story.save_revision(clean=False).publish(user=self.user)

    @rule(number=story_numbers)
    def unpublish(self, number):
        StoryPage.objects.get(pk=self.stories[number].pk).unpublish()

    # Programs that bypass the check before publishing

    @rule(number=story_numbers)
    def set_live(self, number):
        StoryPage.objects.filter(pk=self.stories[number].pk).update(live=True)

    @rule(number=story_numbers)
    def save_without_checks(self, number):
        builders.save_with(self.draft(number), check=False, live=True)

    # Leads

    @rule(number=person_numbers, event=events, days=numbers_of_days)
    def consent(self, number, event, days):
        record(self.people[number], **ALL_AGREED | event, ends_on=days_from_today(days))

    @rule(number=person_numbers)
    def withdraw(self, number):
        withdraw(self.people[number])

    @rule(number=person_numbers, is_held=st.booleans())
    def hold(self, number, is_held):
        (take_down if is_held else bring_back)(self.people[number], self.user)

    # Person 2 is the child.
    @rule(number=story_numbers, key=mostly(2, 0, 1), ground=grounds, days=numbers_of_days)
    def decide(self, number, key, ground, days):
        what = {"page": self.stories[number], "digest": self.draft(number).people_digest}
        decided = {"ground": ground, "ends_on": days_from_today(days)}
        Decision.objects.create(contributor=self.people[key], **what, **decided)

    # Time

    @rule(days=numbers_of_days)
    def wait(self, days):
        self.clock.shift(datetime.timedelta(days=days))

    @rule()
    def do_what_is_due(self):
        call_command("publish_scheduled")

    @invariant()
    def nothing_is_read_that_is_not_agreed(self):
        published = list(StoryPage.objects.published())
        assert [page for page in published if not may_be_read(page)] == []
        # The rule for a single page is the same as that for a queryset.
        live = StoryPage.objects.live()
        assert {page for page in live if is_published(page)} == set(published)


def test_in_no_order_is_anything_read_that_is_not_agreed(time_machine):
    Site.clock = time_machine
    time_machine.move_to(NOON, tick=False)
    make_site()
    # Without Phase.shrink, because shortening a failing order takes minutes.
    few = settings(fuzzing.thoroughly(EXAMPLES), stateful_step_count=20, phases=[Phase.generate])
    run_state_machine_as_test(Site, settings=few)
