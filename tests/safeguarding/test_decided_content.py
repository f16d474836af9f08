"""What a decision is about: whatever of a page could tell who somebody is, also if it is stored elsewhere."""

import pytest
from django.db import models
from django.test import Client
from django.test.utils import isolate_apps
from django.utils import timezone
from wagtail.models import Workflow

from home.models import FeaturedStory
from media.cleaning import CleanFile
from media.models import CleanDocument, CleanImage
from publishing import people, visibility
from safeguarding.decisions import changed_decisions
from safeguarding.models import Decision
from safeguarding.releases import report_again
from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders, leads
from tests.support.people import decide, make_agreeing_person, rows_of
from tests.support.undone import undone


@pytest.fixture
def story():
    """A live story with a decision. It shows two pictures, two documents, an author and a theme."""
    lead = builders.make_image("Lead", shows="place")
    picture = builders.make_image("Picture", shows="place", size=(60, 40))
    builders.make_author("Staff", picture=builders.make_image("Staff", shows="place", size=(40, 40)))
    document = builders.make_document()
    linked = builders.make_document("Linked", name="b.txt", content=b"Others.")
    body = [
        {"type": "text", "value": f'<p><a linktype="document" id="{linked.pk}">It</a></p>'},
        builders.pictures_block(picture),
        {"type": "document", "value": {"document": document.pk, "title": "A report"}},
    ]
    fields = {"lead_image": lead, "lead_image_alt": "A lamp", "authors": ["Staff"], "themes": ["Lamps"]}
    story = leads.make_live_story({"proceedings": True}, body=body, **fields)
    decide(story, story.story_people.get().contributor, "proceedings")
    return story


def saves(model, where=None, **fields):
    """Return a function that saves the instance of `model` that `where` finds, with other `fields`."""

    def change():
        instance = model.objects.get(**where or {})
        for name, value in fields.items():
            suffix = ".png" if model is CleanImage else ".txt"
            setattr(instance, name, CleanFile(value, suffix) if name == "file" else value)
        instance.save(**{"clean": False} if model is StoryPage else {})

    return change


def change_author_picture():
    saves(Author, picture=builders.make_image("Other", size=(70, 40)))()


NEW = builders.picture_bytes(50, 50)
# {what changes: (function that changes it, whether the decision ends)}
CHANGES = {
    "lead picture": (saves(CleanImage, {"title": "Lead"}, file=NEW), True),
    "picture in the body": (saves(CleanImage, {"title": "Picture"}, file=NEW), True),
    "credit": (saves(CleanImage, {"title": "Picture"}, credit="The school of Thies"), True),
    "part of the picture": (saves(CleanImage, {"title": "Lead"}, focal_point_x=1, focal_point_y=1), True),
    "document": (saves(CleanDocument, {"title": "A document"}, file=b"More."), True),
    "linked document": (saves(CleanDocument, {"title": "Linked"}, file=b"More."), True),
    "author's name": (saves(Author, name="Amina"), True),
    "author's role": (saves(Author, role="Of Thies"), True),
    "author's picture": (change_author_picture, True),
    "file of the author's picture": (saves(CleanImage, {"title": "Staff"}, file=NEW), True),
    "alternative text": (saves(StoryPage, lead_image_alt="A village"), True),
    "theme": (saves(Theme, name="Lights"), False),
    "title of a picture": (saves(CleanImage, {"title": "Lead"}, title="Other"), False),
    "layout": (saves(StoryPage, show_contents=True, show_leave_quickly=True), False),
    "search engines": (saves(StoryPage, keep_out_of_search_engines=True), False),
}


def shown(story):
    return StoryPage.objects.published().filter(pk=story.pk).count()


def test_decision_ends_with_what_could_tell_who_it_is_and_with_nothing_else(story, lead):
    with undone():
        CleanImage.objects.get(title="Lead").people.set([make_agreeing_person()])
        assert shown(story) == 0
    for name, (change, ends) in CHANGES.items():
        with undone():
            change()
            assert shown(story) == (0 if ends else 1), name
            if ends:
                leads.send_decision(lead, story)
                assert shown(story) == 1, f"decided again: {name}"


@pytest.mark.sqlite_only
def test_decision_about_a_home_page_counts_after_a_featured_story_is_deleted():
    home, story = builders.home_page(), builders.make_story()
    person = make_agreeing_person({"proceedings": True})
    home.people, home.story_people = "listed", rows_of(person)
    home.featured_stories = [FeaturedStory(story=story)]
    home.save(clean=False)
    decide(home, person, "proceedings")
    story.delete()
    report_again([home.pk])
    assert visibility.is_published(home)


@pytest.mark.sqlite_only
@isolate_apps("tests")
def test_a_new_field_counts_only_with_another_value_than_its_default():
    class Changed(models.Model):  # noqa: DJ008
        words = models.CharField(default="none", max_length=9)
        number = models.IntegerField(default=0)
        option = models.BooleanField(default=False)
        counted = models.IntegerField(default=0, editable=False)
        day = models.DateField(default=timezone.localdate)

        class Meta:
            app_label = "tests"

    assert people.values_of(Changed()).keys() == {"day"}
    changed = Changed(words="Thies", number=14, option=True, counted=3)
    assert people.values_of(changed).keys() == {"words", "number", "day"}


@pytest.mark.sqlite_only
def test_only_those_who_may_publish_rename_what_readers_see_or_will_see(story, client):
    staff, free, waiting = Author.objects.get(), builders.make_author("Free"), builders.make_author("Waiting")
    draft = builders.make_story(live=False, authors=["Waiting"])
    Workflow.objects.get().start(draft, builders.make_user("Editors"))
    theme = Theme.objects.get()
    cases = [("Editors", term, term == free) for term in (staff, theme, free, waiting)]
    for group, term, is_renamed in (*cases, ("Moderators", staff, True)):
        client.force_login(builders.make_user(group))
        kind = term._meta.model_name
        client.post(f"/admin/snippets/stories/{kind}/edit/{term.pk}/", {"name": "New", "role": ""})
        term.refresh_from_db()
        assert (term.name == "New") == is_renamed, (group, kind)


@pytest.mark.sqlite_only
def test_changes_that_end_no_decision_stand_on_the_desk(story, lead):
    """Each is made after a new decision about the version that is live, which is on the desk no more then."""
    theme, client = Theme.objects.get(), Client()
    client.force_login(builders.make_user("Moderators"))

    def rename(name):
        client.post(f"/admin/snippets/stories/theme/edit/{theme.pk}/", {"name": name})

    def publish(**fields):
        builders.save_draft(story, **fields).publish()

    publish()
    for change in (lambda: rename("Lights"), lambda: publish(show_contents=True), publish):
        Decision.objects.all().delete()
        leads.send_decision(lead, story)
        assert changed_decisions() == []
        change()
        assert shown(story) == 1
        assert [each.page_id for each in changed_decisions()] == ([] if change is publish else [story.pk])
        assert (b"Changed since a decision" in lead.get("/admin/").content) == (change is not publish)
