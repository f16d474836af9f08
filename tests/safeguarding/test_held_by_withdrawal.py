"""Stories of several people that a withdrawal holds until they are without the person who withdrew."""

from safeguarding.models import WithdrawalTask
from safeguarding.withdrawal.carry_out import withdraw
from safeguarding.withdrawal.tasks import run_tasks
from stories.models import StoryPage
from tests.support.builders import make_user, story_form
from tests.support.people import ALL_AGREED, days_from_today, make_agreeing_person, people_fields, record
from tests.support.withdrawal_world import make_named_person, make_shared


def test_desk_says_how_a_held_story_is_cleared_after_the_consent_of_the_other_person_ended(lead, client):
    person, other = make_named_person(), make_agreeing_person()
    story = make_shared(person, other, title="Of both", slug="of-both")
    withdraw(person)
    record(other, **ALL_AGREED | {"given_on": days_from_today(-9), "ends_on": days_from_today(-1)})
    sentence = f"takes {person.code} out and publishes it"
    assert sentence in lead.get("/admin/").text
    client.force_login(make_user("Moderators"))
    for action in ("publish", None, "unpublish", None):
        assert WithdrawalTask.objects.filter(step="purge", done_at=None).exists(), action
        if action == "unpublish":
            client.post(f"/admin/pages/{story.pk}/unpublish/")
        else:
            client.post(f"/admin/pages/{story.pk}/edit/", form_without(person, story, action))
        run_tasks()
    assert not WithdrawalTask.objects.filter(step="purge", done_at=None).exists()
    client.force_login(make_user("Safeguarding"))
    assert sentence not in client.get("/admin/").text


def form_without(person, story, action):
    """Return the data that the editor posts for `story` to take `person` out of it."""
    draft = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    form = story_form(action, title=draft.title, slug=draft.slug, **people_fields(draft))
    rows = [row.contributor_id for row in draft.story_people.all()]
    return form | ({f"story_people-{rows.index(person.pk)}-DELETE": "on"} if person.pk in rows else {})
