"""Withdrawals: what the plan lists, what is erased from every table and file, and what stays.

A withdrawal erases in a transaction, and stores tasks, such as the deletion of files, which run after it.
"""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from wagtail.contrib.redirects.models import Redirect
from wagtail.log_actions import log
from wagtail.models import Comment, Revision, Workflow

from home.models import StandardPage
from home.site_settings import SiteSettings
from media.models import CleanDocument, CleanImage
from safeguarding.models import Contributor, Fingerprint, Ledger, Release, Use, WithdrawalTask
from safeguarding.scopes import Naming
from safeguarding.status import Status
from safeguarding.withdrawal import ledger, tasks
from safeguarding.withdrawal.addresses import is_erased_picture
from safeguarding.withdrawal.carry_out import make_plan, withdraw
from safeguarding.withdrawal.pages import Logs
from safeguarding.withdrawal.steps import forget_versions
from safeguarding.withdrawal.tasks import run_quick_tasks, run_tasks
from safeguarding.withdrawal.words import has_path
from stories.models import StoryPage, StoryPerson
from stories.story_links import StoryAuthor, StoryTheme
from stories.terms import Author
from tests.support import builders, withdrawal_world
from tests.support.people import ALL_AGREED, record, rows_of
from tests.support.stored_text import all_stored_text, stored_names, tables_with
from tests.support.translations import make_index_in, make_translation
from tests.support.undone import undone
from tests.support.withdrawal_world import ADDRESSES, HOME, NAME, SENTINELS, withdraw_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


# The models with rows about a story, and the field of each with the key of the story.
ABOUT = {
    **dict.fromkeys((Use, Release, StoryPerson), "page"),
    **dict.fromkeys((StoryTheme, StoryAuthor), "story"),
    **{StoryPage: "pk", Revision: "object_id"},
}


def rows_about(page):
    """Return {model: stored rows} of `page`, its versions, and the rows that refer to it."""
    return {model: list(model.objects.filter(**{name: page.pk}).values()) for model, name in ABOUT.items()}


def test_nothing_is_left_in_any_row_or_file_and_others_stay_the_same(client, caplog):
    caplog.set_level("INFO")
    person = withdrawal_world.make_named_person()
    story, image, document = withdrawal_world.make_own_stories(person)
    with withdrawal_world.without_words(person):
        withdrawal_world.make_traces(story)
    other = withdrawal_world.make_others()
    before, files_before = rows_about(other), stored_names()
    assert client.get(ADDRESSES[0]).status_code == 200

    shown = {section.place.name: section.found for section in make_plan(person).shown}
    found = {name: len(rows) for name, rows in shown.items()}
    assert any(" · wagtail." in row.title for row in shown["logs"])
    withdrawal = withdraw_all(person)
    # The transaction of the test is never committed, so the tasks don't run by themselves.
    run_quick_tasks()
    withdrawal_world.finish()  # as the scheduler does

    assert tables_with(*SENTINELS, image.file_hash) == {}
    gone = {image.file.name, document.file.name}
    assert not any(default_storage.exists(name) for name in gone)
    assert not any("zahrawi" in name for name in stored_names())
    assert len(files_before) - len(stored_names()) == 4, "picture, rendition, document, upload"
    assert rows_about(other) == before
    assert not CleanImage.objects.filter(pk=image.pk).exists()
    assert not CleanDocument.objects.filter(pk=document.pk).exists()
    assert found == withdrawal.counts
    assert set(withdrawal.counts) == {  # the names of the Places in which something was found
        *("pages", "redirects", "logs", "pictures", "documents"),
        *("stories.author", "stories.theme", "search.vocabularygroup", "search.missedsearch"),
        *("search.knownword", "wagtailsearchpromotions.query", "wagtailsearchpromotions.searchpromotion"),
        *("taggit.tag", "wagtailcore.collection", "media.cleanimage", "wagtailcore.modellogentry"),
        "wagtailredirects.redirect",
    }
    person = Contributor.objects.get(pk=person.pk)
    assert person.get_status() == Status.WITHDRAWN
    assert {getattr(person, name) for name in Contributor.RESTRICTED_FIELDS} == {""}
    content = ledger.file_path().read_text()
    assert person.code in content
    assert NAME.lower() not in content.lower()
    left = WithdrawalTask.objects.filter(done_at=None)
    # The step that overwrites deleted rows in the database's file.
    assert set(left.values_list("step", flat=True)) == {"vacuum"}, "it needs to be outside of transactions"
    # Reports of the admin still work, although the entries have no data any more.
    client.force_login(builders.make_user(is_superuser=True))
    report = client.get("/admin/reports/site-history/").text
    assert person.code in report
    assert NAME not in report
    caplog.clear()
    assert_gone(Client())
    assert [word for word in ("zahrawi", *SENTINELS) if word in caplog.text] == []


def assert_gone(client):
    """Check that the addresses of the person's stories answer as one where never was a page."""
    for address in [*ADDRESSES, HOME.rstrip("/"), f"{HOME}?a=b"]:
        path, question, query = address.partition("?")
        never = "/fr/never/" if path.startswith("/fr/") else "/never/"
        found, expected = client.get(address, follow=True), client.get(f"{never}{question}{query}")
        assert found.status_code == expected.status_code == 404, address
        # The page has the address that was asked for in its links.
        assert found.text.replace(path.strip("/"), never.strip("/")) == expected.text
    assert client.head(HOME).status_code == 404


@pytest.mark.sqlite_only
def test_address_in_a_text_is_told_from_a_longer_one():
    paths = {"/stories/lamps/", "/fr/lumière/", ""}  # The empty path is in no text.
    for text, is_found in (
        ("https://example.org/stories/lamps/?a=b", True),
        ("See /stories/lamps.", True),
        ("/fr/lumi%C3%A8re", True),
        ("/stories/lamps-of-others/", False),
        ("/stories/lampstand/", False),
        ("Of lamps", False),
    ):
        assert has_path(paths, [text]) == is_found, text


@pytest.mark.sqlite_only
def test_redirects_do_not_stop_a_withdrawal(client):
    person = withdrawal_world.make_named_person()
    story = withdrawal_world.make_story_about(person)
    client.force_login(builders.make_user(is_superuser=True))
    # As they are stored, urlsplit() refuses these addresses: Wagtail makes "//[x" of "////[x".
    form = {"old_path": "////[x", "redirect_link": "https://example.org/"}
    client.post("/admin/redirects/add/", form)
    Redirect.objects.create(old_path="//[y", redirect_page=story)
    Redirect.objects.create(old_path="/z", redirect_link="http://[z")
    withdraw_all(person)
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {"//[x", "/z"}
    assert Client().get(story.url).status_code == 404


def test_without_a_yes_what_holds_a_word_stays():
    """A lead has to say yes to each author whose name has the word. A longer word is not that word."""
    person = withdrawal_world.make_named_person()
    names = {builders.make_author(f"{NAME} A.").name, builders.make_author("Zahrawinia").name}
    withdrawal = withdraw_one(person)
    assert withdrawal.counts == {"stories.author left": 1}
    assert set(Author.objects.values_list("name", flat=True)) == names


def withdraw_one(person):
    """Withdraw `person` without any yes, and run the tasks. Return the Withdrawal."""
    done = withdraw(person)
    run_tasks()
    return done


def test_files_that_something_else_uses_stay():
    person = withdrawal_world.make_named_person()
    # Each has another size, so that `same` below is the only picture with the same file as another one.
    shared, in_draft, in_moderation, own = (builders.make_image(size=(width, 40)) for width in range(63, 67))
    builders.make_story(lead_image=shared, lead_image_alt="A lamp")
    other = builders.make_story()
    for picture in (in_moderation, in_draft):
        other.lead_image, other.lead_image_alt = picture, "A lamp"
        other.save_revision()
        if picture == in_moderation:
            Workflow.objects.get().start(other, None)
    body = [builders.pictures_block(shared, in_draft, in_moderation, own)]
    withdrawal_world.make_story_about(person, body=body)
    # The same file as `own`. The ledger doesn't list it, or it would be erased after the restore of a backup.
    same = builders.make_image(size=(66, 40))
    withdraw_one(person)
    assert set(CleanImage.objects.all()) == {shared, in_draft, in_moderation, same}
    assert not is_erased_picture(same.file_hash)


def test_what_is_written_while_the_withdrawal_commits_is_erased_too():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story = withdrawal_world.make_story_about(person, body=[])
    version = story.save_revision()
    withdrawal = withdraw(person)
    # As requests do that had read the story before.
    Revision.objects.bulk_create([version])
    copy = withdrawal_world.make_story_about(person, live=False, slug="copied")
    shared = withdrawal_world.make_story_about(person, other, live=False)
    run_quick_tasks()
    run_tasks()
    assert not Revision.page_revisions.filter(object_id=str(story.pk)).exists()
    assert not StoryPage.objects.filter(pk=copy.pk).exists()
    assert Client().get(story.url).status_code == 404
    assert Client().get("/stories/copied/").status_code == 404, "it was never public"
    withdrawal.refresh_from_db()
    # The story and its copy are erased. Somebody else is in the third one, so it is held.
    assert (withdrawal.counts["pages"], withdrawal.counts["held"]) == (2, 1)
    waiting = WithdrawalTask.objects.filter(step="purge", done_at=None)
    # The purge of a held page waits until it is published without the person.
    assert [task.data["page"] for task in waiting] == [shared.pk]
    run_tasks()
    digests = set(Fingerprint.objects.values_list("digest", flat=True))
    assert all(digest in ledger.file_path().read_text() for digest in digests)


@pytest.mark.sqlite_only
def test_picture_that_is_stored_while_the_withdrawal_commits_is_erased_too():
    person, late = withdrawal_world.make_named_person(), builders.make_story()
    withdraw(person)
    withdrawal_world.named_image(person)
    builders.save_with(late, check=False, people="listed", story_people=rows_of(person))
    run_tasks()
    assert not CleanImage.objects.exists()
    assert Client().get(late.url).status_code == 404, "its address is stored too"


# --- Texts that are changed by hand ---------------------------------------------------------------


def test_texts_of_others_are_only_reported_and_the_words_are_kept_until_they_are_changed():
    person = withdrawal_world.make_named_person()
    draft, settings = withdrawal_world.make_mentions(person)
    section = next(each for each in make_plan(person).shown if each.place.by_hand)
    assert [each.title for each in section.found] == [
        f"Site settings {settings.pk}: name of the organisation", "Plain page: About: introduction",
        f"Story {draft.pk}: title",
    ]  # fmt: skip
    withdrawal = withdraw_all(person)
    comments = {"wagtailcore.comment": 1, "wagtailcore.commentreply": 1}
    assert withdrawal.counts == {"elsewhere left": 3, "search.knownword": 1} | comments
    run_tasks()
    page, settings = StandardPage.objects.get(), SiteSettings.objects.get()
    assert NAME in page.introduction
    assert NAME in settings.organisation_name
    # More versions with the name, and a log entry. Then somebody changes the three texts.
    draft.save_revision(log_action=True)
    page.save_revision()
    page.introduction, settings.organisation_name = "Of others", "Lamps"
    page.save_revision().publish()
    settings.save()
    withdrawal_world.finish()
    assert Contributor.objects.get(pk=person.pk).names == person.names
    publish(draft, title="Of others")
    withdrawal_world.finish()
    person = Contributor.objects.get(pk=person.pk)
    assert {getattr(person, name) for name in Contributor.RESTRICTED_FIELDS} == {""}
    assert tables_with(NAME) == {}, "earlier versions and log entries"
    assert StoryPage.objects.get(pk=draft.pk).get_latest_revision_as_object().title == "Of others"


@pytest.mark.sqlite_only
def test_drafts_and_their_moderation_stay_when_versions_with_a_word_are_deleted():
    person, user = withdrawal_world.make_named_person(), builders.make_user("Moderators")
    keys = [builders.make_story().pk for _each in range(2)]
    # A version has the comments on its page too, also those that are deleted later.
    Comment.objects.create(page_id=keys[0], user=user, text=f"Like {NAME}?", contentpath="title")
    commented, moderated = (StoryPage.objects.get(pk=key) for key in keys)
    with withdrawal_world.without_words(person):
        commented.summary, moderated.summary = "A draft.", f"{NAME} came."
        commented.save_revision(clean=False)
        first = moderated.save_revision(clean=False)
        kept = Comment.objects.create(
            page=moderated, user=user, text="When?", contentpath="title", revision_created=first
        )
        Workflow.objects.get().start(moderated, user)
    withdraw_all(person)
    moderated.summary = "Somebody came."
    moderated.save_revision(clean=False)
    withdrawal_world.finish()
    assert tables_with(NAME) == {}
    assert list(Comment.objects.exclude(text__startswith=person.code)) == [kept]
    commented, moderated = (StoryPage.objects.get(pk=key) for key in keys)
    assert commented.get_latest_revision_as_object().summary == "A draft."
    moderated.current_workflow_task_state.approve(user=user)
    assert StoryPage.objects.get(pk=keys[1]).summary == "Somebody came."


@pytest.mark.sqlite_only
def test_history_is_erased_while_a_text_with_a_word_may_stay():
    """A text with the surname of her child stays, for example. A former address redirects."""
    person, story = withdrawal_world.make_named_person(), builders.make_story("Of others")
    with withdrawal_world.without_words(person):
        for summary, text in (("Somebody came.", "Zoé Otieno came."), (f"A child called {NAME}.", "Lamps.")):
            story.summary, story.body = summary, [{"type": "text", "value": f"<p>{text}</p>"}]
            story.save_revision(clean=False).publish()
    Contributor.objects.filter(pk=person.pk).update(protected_words="Zoé")
    Redirect.objects.create(old_path="/about-zahrawi", redirect_page=story)
    withdraw_all(person)
    withdrawal_world.finish()
    assert Contributor.objects.get(pk=person.pk).names, "they are kept while the text stays"
    assert not Redirect.objects.exists()
    assert not [each for each in Revision.objects.all() if "Otieno" in str(each.content)]


def test_word_in_a_scheduled_version_is_reported_although_a_newer_draft_has_none():
    person = withdrawal_world.make_named_person()
    story = builders.make_story("Lamps")
    with withdrawal_world.without_words(person):
        story.summary, story.go_live_at = f"{NAME} came.", timezone.now() + datetime.timedelta(days=9)
        story.save_revision(approved_go_live_at=story.go_live_at)
    story.summary = "Somebody came."
    story.save_revision()
    section = next(each for each in make_plan(person).shown if each.place.by_hand)
    assert [each.title for each in section.found] == ["Story: Lamps: summary"]


def test_row_of_an_unpublished_page_that_is_older_than_its_draft_keeps_the_words():
    person, story = withdrawal_world.make_named_person(), builders.make_story("Lamps")
    with withdrawal_world.without_words(person):
        publish(story, summary=f"{NAME} came.")
    draft = StoryPage.objects.get(pk=story.pk)
    draft.summary = "Somebody came."
    draft.save_revision()
    StoryPage.objects.get(pk=story.pk).unpublish()
    withdraw_all(person)
    withdrawal_world.finish()
    assert Contributor.objects.get(pk=person.pk).names == person.names
    with undone():
        draft.live = False
        draft.save(clean=False)  # As the page editor saves the draft of a page that is not live.
        withdrawal_world.finish()
        assert tables_with(NAME) == {}
    forget_versions(story.pk, person)  # It stores the draft in the row, too.
    withdrawal_world.finish()
    assert tables_with(NAME) == {}


# --- Stories with others in them ------------------------------------------------------------------
# Such a story is held: readers can't see it until it is published without the person. Then the task "purge"
# deletes its earlier versions.


def publish(story, **fields):
    """Publish the latest version of `story` with `fields` changed, as an editor does."""
    draft = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    for name, value in fields.items():
        setattr(draft, name, value)
    draft.save_revision().publish()


def test_story_with_others_is_held_until_it_is_published_without(client):
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    image = withdrawal_world.named_image(person)
    story = withdrawal_world.make_shared(
        person, other, title=f"{NAME} and others", slug="zahrawi-and-others", lead_image=image,
        lead_image_alt="Somebody", naming=Naming.REAL,
    )  # fmt: skip
    redirect = Redirect.objects.create(old_path="/two-of-them", redirect_page=story)
    log(redirect, "wagtail.create", user=builders.make_user("Moderators"))
    assert client.get(story.url).status_code == 200
    withdraw_one(person)
    assert client.get(story.url).status_code == 404
    assert Revision.page_revisions.filter(object_id=str(story.pk)).count() > 0
    withdrawal_world.finish()
    words = Contributor.objects.get(pk=person.pk).protected_words
    assert words, "the leak check needs them until the story is published"
    waiting = WithdrawalTask.objects.filter(step="purge", done_at=None)
    assert waiting.exists()
    with undone():  # The story need not change if the person agrees again.
        record(person, **ALL_AGREED)
        publish(story, summary=f"{NAME} is back.")
        run_tasks()
        assert not waiting.exists()
        assert StoryPage.objects.published().filter(pk=story.pk).exists()
    with undone():
        StoryPage.objects.get(pk=story.pk).delete()
        run_tasks()
        assert tables_with(f"{NAME} and others") == {}, "also in the log"

    publish(
        story, title="Of others", slug="of-others", story_people=withdrawal_world.rows_of(other),
        lead_image=None,
    )  # fmt: skip
    withdrawal_world.finish()
    assert client.get("/stories/of-others/").status_code == 200
    assert client.get(story.url).status_code == 404, "it does not redirect"
    assert Revision.page_revisions.filter(object_id=str(story.pk)).count() == 1
    assert tables_with("zahrawi-and-others", f"{NAME} and others", "two-of-them") == {}
    person = Contributor.objects.get(pk=person.pk)
    assert (person.protected_words, person.names) == ("", "")


@pytest.mark.sqlite_only
def test_held_story_waits_while_a_word_of_the_person_is_in_it():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story = withdrawal_world.make_shared(person, other, title=f"{NAME} and others", slug="of-others")
    withdraw_one(person)
    with pytest.raises(ValidationError, match="title"):
        publish(story, story_people=withdrawal_world.rows_of(other))
    # As a program does that bypasses all checks.
    written = StoryPage.objects.get(pk=story.pk)
    written.story_people = withdrawal_world.rows_of(other)
    written.save(clean=False)
    StoryPage.objects.filter(pk=story.pk).update(live_revision=written.save_revision(clean=False))
    run_tasks()
    assert WithdrawalTask.objects.filter(step="purge", done_at=None).exists()
    assert Contributor.objects.get(pk=person.pk).names == person.names
    publish(story, title="Of others")
    withdrawal_world.finish()
    assert not WithdrawalTask.objects.filter(step="purge", done_at=None).exists()
    assert Contributor.objects.get(pk=person.pk).names == ""


def list_again(story, *people):
    story.story_people = withdrawal_world.rows_of(*people)
    story.save_revision(clean=False)


@pytest.mark.sqlite_only
def test_held_story_waits_while_a_draft_has_the_person_or_waits_and_its_versions_keep_their_authors():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story = withdrawal_world.make_shared(person, other)
    withdraw_one(person)
    story.story_people = withdrawal_world.rows_of(other)
    authors = [builders.make_user("Editors") for _each in range(2)]
    story.save_revision(user=authors[0]).publish()
    story.save_revision(user=authors[1])
    for act in (list_again, withdrawal_world.schedule, withdrawal_world.submit):
        with undone():
            act(StoryPage.objects.get(pk=story.pk), person, other)
            run_tasks()
            assert WithdrawalTask.objects.filter(step="purge", done_at=None).exists(), act
    run_tasks()
    assert not WithdrawalTask.objects.filter(step="purge", done_at=None).exists()
    story.refresh_from_db()
    assert [story.live_revision.user, story.latest_revision.user] == authors


@pytest.mark.sqlite_only
def test_story_is_erased_when_the_last_person_in_it_withdraws():
    people = [withdrawal_world.make_agreeing_person() for _each in range(2)]
    story = withdrawal_world.make_shared(*people)
    for person, number in zip(people, (1, 0), strict=True):
        withdraw_one(person)
        assert StoryPage.objects.filter(pk=story.pk).count() == number
    assert not WithdrawalTask.objects.filter(step="purge", done_at=None).exists()


@pytest.mark.sqlite_only
def test_moderation_goes_on_when_earlier_versions_are_deleted():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story, user = withdrawal_world.make_shared(person, other), builders.make_user("Moderators")
    story.unpublish()
    state = Workflow.objects.get().start(StoryPage.objects.get(pk=story.pk), user)
    state.current_task_state.specific.reject(user=user)
    withdraw_one(person)
    draft = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    draft.story_people = withdrawal_world.rows_of(other)
    draft.save(clean=False)
    draft.save_revision(clean=False)
    run_tasks()
    assert not WithdrawalTask.objects.filter(step="purge", done_at=None).exists()
    story = StoryPage.objects.get(pk=story.pk)
    story.current_workflow_state.resume(user)
    assert story.current_workflow_task_state.revision == story.latest_revision


@pytest.mark.sqlite_only
def test_pages_that_are_not_live_need_not_be_published():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story, unpublished = (withdrawal_world.make_shared(person, other) for _each in range(2))
    french = make_index_in("fr", slug="liste")
    rows = withdrawal_world.rows_of(other)
    translation = make_translation(story, french, live=False, story_people=rows)
    unpublished.unpublish()
    pages = [unpublished, story, translation]
    withdraw_one(person)
    waiting = WithdrawalTask.objects.filter(step="purge", done_at=None)
    assert {task.data["page"] for task in waiting} == {page.pk for page in pages[:-1]}
    publish(story, story_people=withdrawal_world.rows_of(other))
    run_tasks()
    assert [task.data["page"] for task in waiting.all()] == [unpublished.pk]
    # As the page editor saves the draft of a page that is not live.
    draft = StoryPage.objects.get(pk=unpublished.pk).get_latest_revision_as_object()
    draft.story_people = withdrawal_world.rows_of(other)
    draft.save(clean=False)
    draft.save_revision(clean=False)
    withdrawal_world.finish()
    assert not waiting.all()
    assert Contributor.objects.get(pk=person.pk).names == ""
    kept = [Revision.page_revisions.filter(object_id=str(page.pk)).count() for page in pages]
    assert kept == [1, 1, 0], "versions of the two stories only"
    live = StoryPage.objects.exclude(live_revision=None).values_list("pk", flat=True)
    assert list(live) == [story.pk]


# --- The file of the ledger -----------------------------------------------------------------------


@pytest.mark.sqlite_only
def test_new_site_holds_nobody(client):
    """Check it with the ledger of another site in the data folder and without one, and for repeated runs."""
    story = withdrawal_world.make_others()
    for content in ("", '{"ledger": "of another site"}\n'):
        Ledger.objects.all().delete()
        ledger.file_path().write_text(content)
        for command in ("run_due_work", "prepare", "run_due_work"):
            call_command(command, verbosity=0)
        assert client.get(story.url).status_code == 200
        assert Ledger.get().salt in ledger.read(), "the file has a part of this site, which its salt begins"


def test_entry_of_the_ledger_is_the_same_in_each_time_zone():
    withdraw(withdrawal_world.make_named_person())
    written = []
    for name in ("Pacific/Kiritimati", "Pacific/Niue"):  # It is never the same day in both.
        with timezone.override(name):
            ledger.write()
        written.append(ledger.file_path().read_text())
    assert written[0] == written[1]


# --- Interrupted ----------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process. No code of the site catches it."""


@pytest.mark.sqlite_only
def test_what_killed_processes_left_is_done_by_the_scheduler(monkeypatch):
    person = withdrawal_world.make_named_person()
    image = withdrawal_world.make_own_stories(person)[1]
    before, files, killed = all_stored_text(), stored_names(), []

    def kill(task, *_arguments):
        killed.append(getattr(task, "step", "the transaction"))
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Logs, "erase", kill)
        withdraw_all(person)
    assert all_stored_text() == before, "the transaction changed nothing"
    assert stored_names() == files

    withdraw_all(person)
    steps = {"ledger", "file", "index"}
    for _each in steps:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            for step in steps.difference(killed):
                patch.setitem(tasks._steps, step, kill)
            run_tasks()
    assert set(killed) == {"the transaction", *steps}
    # The nightly work adds tasks.
    for _twice in range(2):
        call_command("run_due_work")
    assert tables_with(NAME) == {}
    assert not default_storage.exists(image.file.name)
    assert person.code in ledger.file_path().read_text()
    assert set(WithdrawalTask.objects.filter(done_at=None).values_list("step", flat=True)) == {"vacuum"}
