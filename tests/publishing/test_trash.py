"""The trash: what is in it is a draft that nobody reads, and it comes back as a draft or is deleted."""

import datetime

import pytest
from django.core.management import call_command
from django.db.models.signals import pre_delete
from django.http import Http404
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageLogEntry, Workflow

from publishing import trash
from publishing.models import TrashedPage
from stories.models import StoryPage
from tests.support import builders
from tests.support.admin_world import trashed

pytestmark = pytest.mark.django_db


def stored(page):
    return Page.objects.get(pk=page.pk)


@pytest.fixture(scope="module")
def pages(module_transaction):
    """A section and a story in it, which all tests share: (section, story)."""
    section = builders.make_index(builders.make_index(), "Section")
    return section, builders.make_story("Story", section, slug="story")


@pytest.fixture
def section(pages):
    return stored(pages[0]).specific


@pytest.fixture
def story(pages):
    return stored(pages[1]).specific


def test_section_is_withdrawn_with_its_stories_and_its_address_is_free(client, section, story):
    other = builders.make_story("Other")
    addresses = [page.url for page in (section, story)]
    assert {client.get(address).status_code for address in addresses} == {200}
    trashed(section)
    assert {client.get(address).status_code for address in addresses} == {404}
    assert [stored(page).live for page in (section, story, other)] == [False, False, True]
    assert [trash.is_in_trash(stored(page)) for page in (section, story, other)] == [True, True, False]
    assert set(Page.objects.filter(trash.in_trash())) == {stored(section), stored(story)}
    assert stored(story).url_path.endswith(f"/trash-{section.pk}/story/")
    builders.make_story("Lanterns", builders.make_index(builders.make_index(), "Section"), slug="story")
    assert "Lanterns" in client.get(addresses[1]).text
    assert not Redirect.objects.exists()


def test_restored_page_is_a_draft_where_it_was(client, section, story):
    address = story.url
    trash.restore(trashed(section))
    assert stored(story).url_path == story.url_path
    assert not (TrashedPage.objects.exists() or stored(story).live or stored(section).live)
    for page in (section, story):
        assert client.get(address).status_code == 404
        stored(page).specific.save_revision().publish()
    assert client.get(address).status_code == 200
    actions = PageLogEntry.objects.filter(page=section.pk).values_list("action", flat=True)
    assert {trash.TRASH, trash.RESTORE} <= set(actions)


@pytest.mark.sqlite_only
def test_restored_page_gets_another_slug_if_its_own_is_taken(section, story):
    author = builders.make_user()
    story.save_revision(user=author)
    row = trashed(story)
    builders.make_story("New", section, slug="story")
    trash.restore(row, builders.make_user())
    page = stored(story)
    # Who wrote a version may not decide about the people in it, so the author has to stay the same.
    assert page.latest_revision.user == author
    assert page.slug == page.get_latest_revision_as_object().slug == "story-1"
    assert page.url_path == f"{section.url_path}story-1/"
    page.specific.get_latest_revision_as_object().full_clean()


def test_second_request_of_a_double_click_changes_nothing(story, monkeypatch):
    # As PostgreSQL shows it to the second request, which begins before the first one has ended.
    with monkeypatch.context() as patches:
        patches.setattr(trash, "is_in_trash", lambda _page: False)
        row = trashed(story)
        slug = stored(story).slug
        trash.move_to_trash(stored(story))
        assert stored(story).slug == slug
    trash.restore(TrashedPage.objects.get())
    stored(story).specific.save_revision().publish()
    for late in (trash.restore, trash.delete_for_good):
        with pytest.raises(Http404):
            late(row)
        assert (stored(story).slug, stored(story).live) == (story.slug, True)


def test_page_below_is_not_restored_before_the_page_above(section, story):
    outer = trashed(section)
    trash.move_to_trash(stored(story))  # It went with the page above, so it gets no row of its own.
    assert TrashedPage.objects.get() == outer
    trash.restore(outer)
    inner, outer = trashed(story), trashed(section)
    with pytest.raises(trash.BelowTrashedPage):
        trash.restore(inner)
    for row, are_trashed in ((None, [True, True]), (outer, [False, True]), (inner, [False, False])):
        if row:
            trash.restore(row)
        assert [trash.is_in_trash(stored(page)) for page in (section, story)] == are_trashed


@pytest.mark.sqlite_only
@pytest.mark.parametrize("was_live", [True, False])
def test_schedule_and_workflow_end(section, story, time_machine, was_live):
    later = timezone.now() + datetime.timedelta(days=1)
    if not was_live:
        story.unpublish()
    waiting = builders.make_story("Waiting", section, live=False)
    state = Workflow.objects.get().start(waiting, builders.make_user())
    story.go_live_at = later
    story.save_revision().publish()
    assert stored(story).approved_schedule
    row = trashed(section)
    state.refresh_from_db()
    assert (stored(story).approved_schedule, state.status) == (False, state.STATUS_CANCELLED)
    time_machine.move_to(later + datetime.timedelta(hours=1))
    for restore in (False, True):
        if restore:
            trash.restore(row)
        call_command("publish_scheduled")
        assert not stored(story).live


@pytest.mark.sqlite_only
def test_what_was_published_in_the_trash_is_a_draft_when_it_is_restored(client, story):
    """No route of the admin does so, but code may."""
    row, page = trashed(story), StoryPage.objects.get(pk=story.pk)
    page.go_live_at = timezone.now() + datetime.timedelta(days=1)
    scheduled = page.save_revision()
    StoryPage.objects.get(pk=story.pk).save_revision().publish()
    builders.save_with(scheduled, approved_go_live_at=page.go_live_at)
    page = stored(story)
    assert page.live and page.approved_schedule and client.get(page.url).status_code == 404
    trash.restore(row)
    assert not stored(story).live and not stored(story).approved_schedule


def test_pages_are_deleted_after_their_time(section, story, time_machine):
    now, day = timezone.now(), datetime.timedelta(days=1)
    time_machine.move_to(now)
    for page in (story, section):  # The section is deleted before the story, which is below it.
        trashed(page)
    time_machine.move_to(now + (trash.DAYS - 1) * day)
    kept = trashed(builders.make_story("Kept"))
    trash.delete_expired()
    assert TrashedPage.objects.count() == 3
    time_machine.move_to(now + (trash.DAYS + 0.01) * day)
    trash.delete_expired()
    assert TrashedPage.objects.get() == kept
    assert not Page.objects.filter(pk__in=[section.pk, story.pk]).exists()


@pytest.mark.sqlite_only
def test_page_that_cannot_be_deleted_does_not_keep_the_others(section, story):
    kept = trashed(builders.make_story("First", section))
    trashed(story)
    TrashedPage.objects.update(trashed_at=timezone.now() - datetime.timedelta(days=trash.DAYS + 1))

    def fail(instance, **_arguments):
        if instance.pk == kept.page_id:
            raise OSError("no")

    pre_delete.connect(fail, sender=StoryPage)
    try:
        with pytest.raises(RuntimeError, match="1 objects failed"):
            trash.delete_expired()
    finally:
        pre_delete.disconnect(fail, sender=StoryPage)
    assert TrashedPage.objects.get() == kept
