"""Writing a story in the admin as Editors and Moderators: drafts, publishing, autosave, dates, stale forms.

The forms are those of the page editor; tests/stories/test_story_page.py tests the model's own rules.
"""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Collection, Revision, Site, Workflow
from wagtail.users.models import UserProfile

from home.site_settings import SiteSettings
from safeguarding.withdrawal.steps import renew_versions
from search.models import VocabularyGroup
from stories.models import StoryPage
from stories.terms import Author, Theme
from tests.support import builders
from tests.support.builders import check_story_form, make_image, make_index, make_story, parse, story_form
from tests.support.choosing import a_list, edit_address

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


def autosave(client, address, **fields):
    """Post the form of a story as the page editor does by itself, and return the answer."""
    # By this header Wagtail recognises it.
    return client.post(address, story_form(**fields), headers={"accept": "application/json"}).json()


@pytest.fixture
def index():
    return make_index()


def add_address(index):
    return f"/admin/pages/add/stories/storypage/{index.pk}/"


def errors_of(response):
    """Return the names of the fields with errors in the form of `response`."""
    return sorted(response.context["form"].errors)


def latest(story):
    return StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()


# --- Drafts --------------------------------------------------------------------------------------


# Fields of drafts in which something is missing.
NO_TEXT = {"summary": "", "date": "", "body": ()}
EMPTY_BLOCKS = {
    "heading": {"text": "", "level": "2"},
    "quote": {"text": "", "attribution": "", "language": ""},
    "action": {"heading": "", "text": "", "label": "", "page": "", "url": ""},
    "chosen_stories": {"heading": "", "stories": {"count": "0"}},
    "pictures": {"pictures": {"count": "0"}},
}


def test_incomplete_draft_is_saved_and_can_be_opened_and_previewed(editor, index):
    assert check_story_form(**NO_TEXT).errors == {}
    # Without alternative text of the picture.
    fields = NO_TEXT | {"body": EMPTY_BLOCKS.items(), "lead_image": str(make_image().pk)}
    editor.post(add_address(index), story_form(**fields))

    story = StoryPage.objects.get()
    assert not story.live and story.lead_image
    assert editor.get(edit_address(story)).status_code == 200
    saved = editor.post(edit_address(story), story_form(**fields | {"title": "Changed"}))
    assert saved.status_code == 302
    assert (latest(story).title, len(latest(story).body)) == ("Changed", len(fields["body"]))
    preview = f"/admin/pages/{story.pk}/edit/preview/"
    assert editor.post(preview, story_form(**fields)).json() == {"is_valid": True, "is_available": True}
    assert "A new story" in editor.get(preview).text


def test_draft_of_an_expired_story_is_saved_and_not_published(moderator, index):
    expired = {"expire_at": "2020-01-01 12:00"}
    moderator.post(add_address(index), story_form(**expired))
    story = StoryPage.objects.get()
    assert story.expire_at.year == 2020
    assert errors_of(moderator.post(edit_address(story), story_form("publish", **expired))) == ["expire_at"]


# {case: (fields of a story, its slug; None if it is an error)}. There are stories with the slugs
# "a-new-story" and "taken". In a slug, the one character U+FDFA becomes 18.
SLUGS = {
    "in use": ({}, "a-new-story-2"),
    "empty": ({"slug": ""}, "a-new-story-2"),
    "reserved": ({"title": "Country", "slug": "country"}, "country-2"),
    "no letters": ({"title": "?", "slug": ""}, "storypage"),
    "longer than the title": ({"title": "\ufdfa" * 255, "slug": ""}, ("صلى-الله-عليه-وسلم" * 255)[:250]),
    "typed": ({"slug": "taken"}, None),
}


@pytest.mark.parametrize("action", [None, "publish"])
def test_slug_made_from_the_title_is_numbered(action, subtests):
    for taken in ("a-new-story", "taken"):
        make_story(slug=taken)
    for case, (fields, slug) in SLUGS.items():
        with subtests.test(case):
            form = check_story_form(action, **fields)
            assert list(form.errors) == ([] if slug else ["slug"])
            assert slug is None or form.instance.slug == slug


def test_open_form_gets_the_numbered_slug(editor, index):
    make_story(slug="a-new-story")
    created = autosave(editor, add_address(index))
    assert created["field_updates"]["slug"] == "a-new-story-2"
    saved = autosave(editor, created["url"], overwrite_revision_id=created["revision_id"])
    assert saved["field_updates"]["slug"] == "a-new-story-2"
    assert "slug" not in autosave(editor, created["url"], slug="a-new-story-2")["field_updates"]
    story = make_story(slug="mine")
    for slug in ("a-new-story", ""):
        assert list(check_story_form("publish", story, slug=slug).errors) == ["slug"]


def test_empty_text_is_left_out_and_is_no_body():
    """The form of a new story begins with one."""
    source, quote = "<p></p>", ("quote", {"text": "We farm again.", "attribution": "", "language": ""})
    form = check_story_form("publish", body=[("text", source), quote])
    assert form.errors == {} and [block.block_type for block in form.instance.body] == ["quote"]
    assert check_story_form(body=[("text", source)]).errors == {}
    assert list(check_story_form("publish", body=[("text", source)]).errors) == ["body"]


# --- Publishing ----------------------------------------------------------------------------------


def test_publishing_is_the_button_at_the_foot_and_enter_saves_a_draft(client, index):
    """Enter in a field presses the first button of the form."""
    for group, first in (("Moderators", "action-publish"), ("Editors", None)):
        client.force_login(builders.make_user(group, username=group))
        form = parse(client.get(add_address(index))).select_one("[data-edit-form]")
        enter, button = form.select("button[type=submit]")[:2]
        assert (enter.get("name"), enter.get("aria-hidden"), button.get("name")) == (None, "true", first)
        assert not enter.has_attr("hidden"), "old versions of Safari skip it"


def test_moderator_publishes_and_an_editor_does_not(editor, index):
    form = story_form("publish", content_notes=["debt", "violence"])
    editor.post(add_address(index), form)
    assert not StoryPage.objects.get().live
    editor.force_login(builders.make_user("Moderators"))
    editor.post(edit_address(StoryPage.objects.get()), form)
    editor.logout()
    page = parse(editor.get("/stories/a-new-story/"))
    assert page.h1.text == "A new story"
    assert page.select_one(".block--text").text.strip() == "Words of the story."
    assert "debt bondage, violence" in page.select_one(".content-note").text


def test_publishing_shows_an_error_at_each_missing_or_invalid_field(moderator, index, subtests):
    for fields, wrong in (
        ({"date": ""}, ["date"]),
        ({"summary": ""}, ["summary"]),
        ({"summary": "x" * 601}, ["summary"]),  # the longest has 600 characters
        ({"body": ()}, ["body"]),
        *(({"body": [block]}, ["body"]) for block in EMPTY_BLOCKS.items()),
        ({"slug": "country"}, ["slug"]),  # the list of stories has a page at country/
        ({"content_notes": ["nonsense"]}, ["content_notes"]),
    ):
        with subtests.test(fields):
            assert list(check_story_form("publish", **fields).errors) == wrong

    response = moderator.post(add_address(index), story_form("publish", **NO_TEXT))
    assert response.status_code == 200
    assert errors_of(response) == ["body", "date", "summary"]
    assert not StoryPage.objects.exists()


def test_publishing_asks_what_pictures_show(moderator, index):
    image = str(make_image().pk)

    def publish(alt, **words):
        pictures = {"pictures": a_list({"image": {"image": image, **words}, "caption": ""})}
        fields = {"body": [("pictures", pictures)], "lead_image": image, "lead_image_alt": alt}
        return moderator.post(add_address(index), story_form("publish", **fields))

    response = publish("", alt_text="")
    assert errors_of(response) == ["body", "lead_image_alt"]
    assert "Say what the picture shows, or tick" in response.text
    publish("A road.", alt_text="", decorative="on")
    assert StoryPage.objects.get().live


# --- Autosave ------------------------------------------------------------------------------------


def test_saves_of_an_open_form_go_into_one_revision(editor, index, time_machine):
    """Autosaves, and the save by hand, overwrite the revision that the form names."""
    start = timezone.now()
    time_machine.move_to(start)
    last = created = autosave(editor, add_address(index), title="Word 0")
    loaded = {f"loaded_{key}": created[key] for key in ("revision_id", "revision_created_at")}
    for number in range(1, 4):
        time_machine.move_to(start + datetime.timedelta(minutes=number))
        fields = loaded | {"title": f"Word {number}", "overwrite_revision_id": last["revision_id"]}
        last = autosave(editor, created["url"], **fields)
        assert last["success"], last
    by_hand = story_form(title="Saved by hand", overwrite_revision_id=last["revision_id"])
    editor.post(created["url"], by_hand)
    story = StoryPage.objects.get()
    assert latest(story).title == "Saved by hand"
    assert Revision.objects.for_instance(story).count() == 1
    # A line for the new page, and one for all saves.
    assert len(parse(editor.get(f"/admin/pages/{story.pk}/history/results/")).select("tbody tr")) == 2
    assert not story.live and not Redirect.objects.exists()


def test_autosave_keeps_a_version_that_went_live_meanwhile(moderator, index):
    """As when somebody publishes the story from a list while its author is writing."""
    last = autosave(moderator, add_address(index), title="Live", slug="live")
    story = StoryPage.objects.get()
    moderator.post(f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}", {"include_descendants": ""})
    for title in ("Typing", "Typed"):
        fields = {"title": title, "slug": "live", "overwrite_revision_id": last["revision_id"]}
        last = autosave(moderator, edit_address(story), **fields)
        assert last["success"], last
    story.refresh_from_db()
    assert (story.live_revision.as_object().title, latest(story).title) == ("Live", "Typed")
    assert Revision.objects.for_instance(story).count() == 2
    moderator.logout()
    assert parse(moderator.get("/stories/live/")).h1.text == "Live"  # Readers see no change.


# --- Dates ----------------------------------------------------------------------------------------

# {language: {typed date: what it means, or None if it is refused}}. In English, 3/4/2025 is ambiguous. The
# formats for French have no dots. The year has to be between 1900 and 2200.
DATES = {
    "en": {"4 March 2025": "2025-03-04", "04.03.2025": "2025-03-04", "3/4/2025": None, "0202-03-04": None},
    "fr": {"3/4/2025": "2025-04-03", "04.03.2025": None, "le quatre mars": None, "9999-12-31": None},
    "es": {"3/4/2025": "2025-04-03"},
}


@pytest.mark.parametrize(("language", "typed"), [(each, typed) for each in DATES for typed in DATES[each]])
def test_typed_date_is_understood_or_refused(language, typed):
    meant = DATES[language][typed]
    with translation.override(language):
        form = builders.check_story_form(date=typed)
    assert list(form.errors) == ([] if meant else ["date"])
    assert meant is None or f"{form.cleaned_data['date']}" == meant


@pytest.mark.parametrize("typed", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_time_that_other_time_zones_lack_is_refused(typed):
    """Lists of pages would fail for users in these time zones."""
    form = builders.check_story_form("publish", go_live_at=typed)
    assert form.errors == {"go_live_at": ["Choose a year between 1900 and 2200."]}


# --- Schedules -------------------------------------------------------------------------------------

SOON = (timezone.now() + datetime.timedelta(days=3)).replace(second=0, microsecond=0)


def schedule(moderator, story):
    """Schedule the draft of `story` in the page editor, and return its new state."""
    form = builders.story_form("publish", title=story.title, slug=story.slug)
    moderator.post(edit_address(story), form | {"go_live_at": SOON.strftime("%Y-%m-%dT%H:%M")})
    story = StoryPage.objects.get(pk=story.pk)
    assert story.scheduled_revision.approved_go_live_at == SOON
    return story


def unschedule(moderator, story, revision):
    moderator.post(f"/admin/pages/{story.pk}/revisions/{revision.pk}/unschedule/")
    return StoryPage.objects.get(pk=story.pk)


@pytest.mark.parametrize("live", [False, True])
def test_story_can_be_published_at_once_after_its_schedule_was_cancelled(moderator, live):
    story = schedule(moderator, builders.make_story("A story", slug="a-story", live=live))
    unschedule(moderator, story, story.scheduled_revision)
    page = builders.parse(moderator.get(edit_address(story)))
    assert page.select_one("[name=action-publish]").text.strip() == "Publish"
    moderator.post(edit_address(story), builders.story_form("publish", title="Now", slug="a-story"))
    story = StoryPage.objects.get(pk=story.pk)
    assert (story.title, story.live) == ("Now", True)


def test_cancelling_an_old_version_leaves_the_schedule_of_another(moderator):
    story = builders.make_story("A story", slug="a-story", live=False)
    old = story.latest_revision
    story = unschedule(moderator, schedule(moderator, story), old)
    assert story.scheduled_revision.as_object().go_live_at == SOON


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Time zone: Africa/Nairobi"), ("fr", "Fuseau horaire")]
)
def test_times_name_their_zone(moderator, language, text, settings):
    settings.TIME_ZONE = "Africa/Nairobi"
    # Not LANGUAGE_CODE: Django keeps the prefixes of addresses, which depend on it, for later tests.
    UserProfile.objects.create(user=moderator.user, preferred_language=language)
    page = moderator.get(edit_address(builders.make_story("A story", live=False, go_live_at=SOON))).text
    local = SOON.astimezone(datetime.timezone(datetime.timedelta(hours=3)))  # EAT, Nairobi's time
    assert text in page and f"{local:%H:%M} EAT" in page


def address_to_approve(moderator, story):
    """Send `story` for approval, and return the address that approves it from a list."""
    state = Workflow.objects.get().start(story, moderator.user)
    return f"/admin/pages/workflow/action/{story.pk}/approve/{state.current_task_state.pk}/"


def address_to_publish(_moderator, story):
    return f"/admin/bulk/wagtailcore/page/publish/?id={story.pk}&next=/admin/"


@pytest.mark.parametrize("address_of", [address_to_approve, address_to_publish])
def test_version_whose_end_has_passed_is_not_published_from_a_list(moderator, address_of):
    """The form of the page editor refuses it too."""
    story = builders.make_story(live=False, expire_at=timezone.now() - datetime.timedelta(minutes=1))

    response = moderator.post(address_of(moderator, story), {"comment": ""}, follow=True)

    assert "Expiry date/time must be in the future." in response.text
    assert not StoryPage.objects.get(pk=story.pk).live


# --- Forms that were opened before a change -------------------------------------------------------

NAME, CODE = "Amina", "P-7K3M"


def make_collection(name):
    return Collection.get_first_root_node().add_child(name=name)


TERMS, REDIRECT = f"{NAME}\nlamp\nlantern", {"redirect_link": "https://example.org/"}
# {view: (function that makes an object, its fields, of which the first one has NAME)}
FORMS = {
    "wagtailsnippets_stories_theme": (Theme.objects.create, {"name": NAME}),
    "wagtailsnippets_stories_author": (Author.objects.create, {"name": NAME}),
    "wagtailsnippets_search_vocabularygroup": (VocabularyGroup.objects.create, {"terms": TERMS}),
    "wagtaildocs": (builders.make_document, {"title": NAME}),
    "wagtailadmin_collections": (make_collection, {"name": NAME}),
    "wagtailredirects": (Redirect.objects.create, {"old_path": f"/{NAME}", **REDIRECT}),
    "wagtailsettings": (SiteSettings.objects.create, {"organisation_name": NAME}),
}


def read_form(client, address):
    """Return {name: value} of what a browser would send of the form at `address` without a change.

    Checkboxes are left out. A line break at the beginning of a <textarea> is not part of its value.
    """
    form = parse(client.get(address)).select_one("[data-edit-form]")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=checkbox])")}
    data |= {each["name"]: each.text.lstrip("\n") for each in form.select("textarea[name]")}
    chosen = [(each, each.select_one("option[selected]")) for each in form.select("select[name]")]
    return data | {each["name"]: option["value"] for each, option in chosen if option}


@pytest.mark.parametrize("view", FORMS)
def test_form_brings_no_text_back_that_was_changed_since_it_was_opened(admin_client, view):
    make, fields = FORMS[view]
    arguments, more, field = [], {}, next(iter(fields))
    if view == "wagtailsettings":  # A script of the admin adds the number of blocks.
        fields = fields | {"site": Site.objects.get()}
        arguments, more = ["home", "sitesettings", fields["site"].pk], {"social_links-count": "0"}
    item = make(**fields)
    rows = type(item).objects.filter(pk=item.pk)
    address = reverse(f"{view}:edit", args=arguments or [item.pk])
    opened, stored = read_form(admin_client, address) | more, getattr(item, field)
    rows.update(**{field: stored.replace(NAME, CODE)})
    for _time in range(2):  # The form is sent again unchanged.
        assert "since you opened it" in admin_client.post(address, opened).text
        assert NAME not in rows.values_list(field, flat=True).get()
    assert admin_client.post(address, read_form(admin_client, address) | more).status_code == 302


@pytest.mark.parametrize("action", [None, "publish", "submit"])
def test_page_gets_no_text_back_from_a_form_that_was_opened_before_it_was_erased(admin_client, action):
    story = builders.make_story("Lamps", slug="lamps", live=False)
    address = reverse("wagtailadmin_pages:edit", args=[story.pk])
    form = builders.story_form(action, title=f"Lamps of {NAME}", slug="lamps")
    form["opened"] = parse(admin_client.get(address)).select_one("[name=opened]")["value"]
    renew_versions(story)  # as after a withdrawal, when an editor has taken the name out
    for _twice in range(2):  # The second time, the form that was shown again is sent unchanged.
        response = admin_client.post(address, form)
        assert "since you opened it" in response.text
        form["opened"] = parse(response).select_one("[name=opened]")["value"]
    assert StoryPage.objects.get().get_latest_revision_as_object().title == "Lamps"
