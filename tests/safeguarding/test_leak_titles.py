"""The leak check on titles: in mails, and above stories. Also on names that a parent and a child share."""

import datetime

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.exceptions import ValidationError
from wagtail.models import GroupApprovalTask, Page, PageSubscription, WorkflowTask
from wagtail.test.utils.form_data import inline_formset, nested_form_data

from safeguarding.leak_check.checking import check
from safeguarding.leak_check.words import load_words
from safeguarding.scopes import Naming
from stories.models import StoryPage, StoryPerson
from tests.support.builders import make_index, make_story, make_user, story_form
from tests.support.people import (
    make_agreeing_person,
    make_story_about,
    people_fields,
    record,
    rows_of,
    send_form,
)
from tests.support.protected_person import PLACE
from tests.support.undone import undone

# --- Mails ---------------------------------------------------------------------------------------


def submit(_story):
    return {"action-submit": "submit"}


def comment(story):
    PageSubscription.objects.create(page=story, user=make_user("Moderators"), comment_notifications=True)
    row = {"id": "", "contentpath": "title", "position": "", "text": "So?", "replies": inline_formset([])}
    return nested_form_data({"comments": inline_formset([row | {"resolved": "", "DELETE": ""}])})


def send_back(story):
    story.get_workflow().start(story, make_user("Editors"))
    form = {"action-workflow-action": "true", "workflow-action-name": "reject"}
    return form | {"workflow-action-extra-data": '{"comment": "So?"}'}


def pass_on(story):
    """Approve it, so that the moderators of a second task get a mail."""
    workflow, second = story.get_workflow(), GroupApprovalTask.objects.create(name="Second")
    second.groups.set(Group.objects.filter(name="Moderators"))
    WorkflowTask.objects.create(workflow=workflow, task=second, sort_order=1)
    workflow.start(story, make_user("Editors"))
    return {"action-workflow-action": "true", "workflow-action-name": "approve"}


@pytest.mark.sqlite_only
@pytest.mark.parametrize("prepare", [submit, comment, send_back, pass_on])
def test_no_mail_has_a_title_with_a_word(moderator, person, prepare, django_capture_on_commit_callbacks):
    """`prepare`: function that takes a story, and returns the form fields that make the site send mails."""
    make_user("Moderators")
    for title, is_sent in ((f"From {PLACE}", False), ("Hers", True)):
        with undone():
            story = make_story_about(person, live=False)
            data = prepare(story)
            mail.outbox.clear()
            with django_capture_on_commit_callbacks(execute=True):
                # The summary may wait until the story is published.
                response = send_form(moderator, story, title=title, slug="hers", summary=PLACE, **data)
            assert bool(mail.outbox) == is_sent, title
            if not is_sent and prepare is not comment and prepare is not send_back:
                assert list(response.context["form"].errors) == ["title"]


# --- Above a story -------------------------------------------------------------------------------


def edit(client, story, parent):
    return send_form(client, story, "publish")


def create(client, story, parent):
    form = story_form("publish", title="New", slug="new", **people_fields(story))
    # The rows are not stored yet.
    form |= {"story_people-INITIAL_FORMS": "0", "story_people-0-id": ""}
    return client.post(f"/admin/pages/add/stories/storypage/{parent.pk}/", form)


@pytest.mark.sqlite_only
@pytest.mark.parametrize("route", [edit, create])
@pytest.mark.parametrize("fields", [{"title": f"In {PLACE}"}, {"title": "There", "slug": PLACE.lower()}])
def test_section_above_a_story_prevents_publishing(moderator, person, route, fields):
    section = make_index(make_index(), **fields)
    story = make_story_about(person, parent=make_index(section, "Inner"), live=False)
    response = route(moderator, story, section)
    errors = response.context["form"].errors
    assert list(errors) == ["__all__"] and "section above" in str(errors)
    assert "section above" in response.text and "&lt;span" not in response.text, "it shows no markup"
    assert not StoryPage.objects.live().exists()


def test_title_of_a_section_is_checked_with_the_stories_below(person):
    section = make_index(make_index(), "There")
    make_story_about(person, parent=make_index(section, "Inner"))
    for name, value in (("title", f"In {PLACE}"), ("slug", PLACE.lower()), ("introduction", PLACE)):
        section.refresh_from_db()
        setattr(section, name, value)
        assert bool(section.find_errors()) == (name != "introduction"), name


def by_view(client, page, target):
    return client.post(f"/admin/pages/{page.pk}/move/{target.pk}/confirm/")


def in_bulk(client, page, target):
    return client.post(f"/admin/bulk/wagtailcore/page/move/?id={page.pk}", {"chooser": target.pk})


def by_code(_client, page, target):
    with pytest.raises(ValidationError):
        Page.objects.get(pk=page.pk).move(target, pos="last-child")


def test_page_is_not_moved_below_a_title_that_gives_somebody_away(moderator, person):
    inner = make_index(make_index(), "Inner")
    story, other = make_story_about(person, parent=inner), make_story(parent=make_index())
    target = make_index(make_index(), f"In {PLACE}")
    for route in (by_view, in_bulk, by_code):
        for page in (story, inner):
            before = page.path
            with undone():
                route(moderator, page, Page.objects.get(pk=target.pk))
                assert Page.objects.get(pk=page.pk).path == before, (route, page)
    by_view(moderator, other, target)
    assert Page.objects.get(pk=other.pk).get_parent().pk == target.pk, "nobody is in it"


@pytest.mark.sqlite_only
def test_copies_with_a_title_or_an_address_that_gives_somebody_away_are_drafts(moderator, person):
    section = make_index(make_index(), "Inner")
    make_story_about(person, parent=section)
    data = {"new_parent_page": make_index().pk, "copy_subpages": "on", "publish_copies": "on"}
    for title, slug, goes_live in (
        ("Again", "again", True),
        (f"In {PLACE}", "there", False),
        ("Elsewhere", PLACE.lower(), False),
    ):
        moderator.post(f"/admin/pages/{section.pk}/copy/", data | {"new_title": title, "new_slug": slug})
        copy = Page.objects.get(slug=slug)
        assert copy.get_descendants().count() == 1
        assert copy.get_descendants().live().exists() == copy.live == goes_live, title


# --- A name that is shared -----------------------------------------------------------------------


def story_of(mother, other, text):
    people = [*rows_of(mother, naming=Naming.REAL), StoryPerson(contributor=other, naming=Naming.CHANGED)]
    return make_story(people="listed", story_people=people, summary=text, live=False)


def test_surname_of_a_child_only_warns_beside_a_parent_who_is_named():
    mother = make_agreeing_person(names="Amina Otieno")
    event = {"naming": Naming.CHANGED, "given_by": "guardian"}
    child = make_agreeing_person(event, kind="child", adult_on=datetime.date(2040, 1, 1), names="Juma Otieno")
    # An adult needs no decision, so nobody would read the name before it is public.
    brother = make_agreeing_person({"naming": Naming.CHANGED}, names="Abel Otieno")
    for other, text, grade in (
        (child, "Amina Otieno", "warnings"),
        (child, "Juma", "stops"),
        (child, "Juma Otieno", "stops"),
        (brother, "Amina Otieno", "stops"),
    ):
        found = check(story_of(mother, other, text), load_words().words)
        assert [each.where for each in getattr(found, grade)] == ["summary"], (other.names, text)
    record(child, event="withdrawn")
    found = check(story_of(mother, child, "Amina Otieno"), load_words().words)
    assert found.stops, "nobody would be asked for a decision"
