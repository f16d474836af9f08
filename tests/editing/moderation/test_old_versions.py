"""The scheduler deletes old versions that nothing needs, and none that a rule about people needs."""

import datetime

import pytest
from django.utils import timezone
from wagtail.models import PageLogEntry, Revision

from editing.moderation.old_versions import KEPT, forget_outdated
from safeguarding.models import Decision, Reading, Release, Use
from safeguarding.writers import RIGHT, has_written, read_saves
from tests.support import builders, people

pytestmark = pytest.mark.django_db
OLD = KEPT + datetime.timedelta(days=1)


def make_versions(story, writer):
    """Give `story`, which is live, two old versions by `writer` and a new one. Return the old ones."""
    old = [builders.save_draft(story, writer, summary=f"Words by Amina {number}.") for number in (1, 2)]
    builders.save_draft(story, builders.make_user(), summary="Other words.").publish()
    keys = [each.pk for each in old]
    Revision.objects.filter(pk__in=keys).update(created_at=timezone.now() - OLD)
    return keys


def person_in(story, model, **fields):
    model.objects.create(page=story, contributor=people.make_person(), digest="a", **fields)


# {what keeps the old versions: function that adds it to a story}
NEEDED = {
    "a decision": lambda story, key: person_in(
        story, Decision, revision_id=key, ends_on=people.days_from_today(9)
    ),
    "a reading": lambda story, key: person_in(story, Reading, revision_id=key, ends_at=timezone.now()),
    "a person": lambda story, key: person_in(story, Use),
    "an answer to look at": lambda story, key: Release.objects.filter(page=story).update(is_unseen=True),
    "what was taken out": lambda story, key: Release.objects.filter(page=story).update(taken_out="words"),
    "a draft": lambda story, key: builders.save_draft(story, summary="A draft."),
}


def test_old_versions_that_nothing_needs_are_deleted_and_their_writer_is_known():
    amina, story = builders.make_user(), builders.make_story("Long road")
    keys = make_versions(story, amina)
    story.refresh_from_db()
    Release.objects.filter(page=story).update(is_unseen=False)
    said = PageLogEntry.objects.log_action(story, RIGHT, revision_id=keys[1])
    forget_outdated()
    assert list(Revision.objects.filter(pk__in=keys).values_list("pk", flat=True)) == keys[1:]
    said.delete()
    forget_outdated()
    assert not Revision.objects.filter(pk__in=keys).exists()
    saves = read_saves(story, story.latest_revision)
    assert saves and amina.pk not in {each.user_id for each in saves}
    assert has_written(amina, story, saves, Decision.objects.none())
    entries = PageLogEntry.objects.count()
    forget_outdated()
    assert PageLogEntry.objects.count() == entries, "nothing is noted without a reason"


@pytest.mark.parametrize("need", NEEDED.values(), ids=NEEDED)
def test_old_versions_that_a_rule_about_people_may_need_stay(need):
    story = builders.make_story("Long road")
    keys = make_versions(story, builders.make_user())
    Release.objects.filter(page=story).update(is_unseen=False)
    need(story, keys[0])
    forget_outdated()
    assert Revision.objects.filter(pk__in=keys).count() == 2
