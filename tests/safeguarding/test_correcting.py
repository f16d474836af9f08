"""Correcting a name: texts with the old name are held or erased, and the consent stays as it is.

It is a kind of withdrawal, by which a wrong or unsafe name has to go from the site.
"""

import pytest
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import ModelLogEntry, PageLogEntry

from safeguarding.models import Contributor, PageHold, RestrictedView, Withdrawal
from safeguarding.scopes import Naming
from safeguarding.status import Status
from safeguarding.withdrawal import ledger
from safeguarding.withdrawal.carry_out import withdraw
from safeguarding.withdrawal.tasks import run_tasks
from stories.models import StoryPage
from tests.support import builders
from tests.support.builders import parse
from tests.support.leads import address
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.stored_text import tables_with
from tests.support.undone import undone
from tests.support.withdrawal_world import NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def make_stories():
    """Return (person, a story that says the old name, a story of the same person that doesn't)."""
    person = make_agreeing_person(names="Amina Otieno")
    story = make_story_about(person, naming=Naming.REAL, title=f"{NAME} walks", slug="zahrawi-walks")
    StoryPage.objects.get(pk=story.pk).save_revision(log_action=True).publish()
    Redirect.objects.create(old_path="/stories/zahrawi-former", redirect_page=story)
    return person, story, make_story_about(person, title="Lamps")


def publish(story, **fields):
    draft = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    for name, value in fields.items():
        setattr(draft, name, value)
    draft.save_revision().publish()
    run_tasks()


def test_stories_that_say_the_name_are_held_until_it_is_gone_from_everywhere(client, caplog):
    person, story, other = make_stories()
    withdrawal = withdraw(person, "correction", old_name=NAME)
    run_tasks()
    assert withdrawal.counts["held"] == 1
    StoryPage.objects.get(pk=other.pk).save(clean=False)  # the other one waits for nothing
    assert [client.get(each.url).status_code for each in (story, other)] == [404, 200]
    assert "zahrawi" not in caplog.text, "the address can be the name"
    assert person.get_status() == Status.ACTIVE
    assert person.consents.count() == 1
    with undone():
        # As `rotate_safeguarding_keys --delete-unreadable` does.
        Withdrawal.objects.update(old_name="")
        run_tasks()
        assert client.get(story.url).status_code == 404, "nobody knows the name any more"
    with undone():
        publish(story, people="none", story_people=[])
        StoryPage.objects.get(pk=other.pk).delete()
        Contributor.objects.get(pk=person.pk).delete()
        run_tasks()
        assert client.get(story.url).status_code == 404, "the person is gone, and the name isn't"
    for fields in ({"title": "Amina walks"}, {"title": f"{NAME} walks", "slug": "amina-walks"}):
        publish(story, **fields)
        assert client.get(StoryPage.objects.get(pk=story.pk).url).status_code == 404, fields

    publish(story, title="Amina walks", slug="amina-walks")
    # One of the tasks, which deletes the earlier versions of the story, has added others.
    run_tasks()
    assert client.get("/stories/amina-walks/").status_code == 200
    assert [client.get(old).status_code for old in (story.url, "/stories/zahrawi-former/")] == [410, 410]
    assert tables_with(NAME) == {}
    labels = PageLogEntry.objects.filter(page=story.pk).values_list("label", flat=True)
    assert set(labels) == {person.code}
    assert Withdrawal.objects.get().old_name == ""
    assert person.get_status() == Status.ACTIVE


@pytest.mark.sqlite_only
def test_after_a_restore_stories_of_the_person_wait_for_a_lead(client):
    """The ledger has no name, so it is unknown which of the stories have the old name again."""
    person, story, other = make_stories()
    withdraw(person, "correction", old_name=NAME)
    run_tasks()
    assert NAME.lower() not in ledger.file_path().read_text().lower()
    # As in a database from before the correction.
    Withdrawal.objects.all().delete()
    ledger.catch_up()
    assert [client.get(each.url).status_code for each in (story, other)] == [404, 404]
    page = "/admin/safeguarding/withdrawals/after-restore/"
    client.force_login(builders.make_user("Safeguarding"))
    assert not parse(client.get(page)).select("button[name=same]"), "the stories must not be erased"
    client.post(page, {"other": PageHold.objects.get(page=other).pk})
    assert [client.get(each.url).status_code for each in (story, other)] == [404, 200]


@pytest.mark.sqlite_only
def test_lead_corrects_a_name(lead):
    person, story, _other = make_stories()
    overview = parse(lead.get(address(person, "inspect")))
    page = overview.find("a", string="Correct a name")["href"]
    assert parse(lead.get(page)).select_one("input[name=old_name]")
    for wrong, error in (("", "This field is required."), ("…", "Write the name in letters.")):
        assert error in lead.post(page, {"old_name": wrong}).text
    assert not RestrictedView.objects.exists()

    response = lead.post(page, {"old_name": NAME})
    assert story.title in response.text
    assert "no-store" in response["Cache-Control"]
    assert RestrictedView.objects.count() == 1
    form = parse(response).select_one("main form[method=post]")
    data = {each["name"]: each["value"] for each in form.select("input[type=hidden]")}
    # If the stories changed since, nothing is done before the lead saw the new list.
    response = lead.post(page, data | {"seen": "another"})
    assert "Something else is found now" in response.text
    assert not Withdrawal.objects.exists()
    report = lead.post(page, data, follow=True)
    assert "1 page is held back until it is published without the name." in report.text
    assert NAME not in report.text
    assert Withdrawal.objects.get().old_name == NAME
    assert ModelLogEntry.objects.filter(action="safeguarding.correct_name", user=lead.user).exists()
