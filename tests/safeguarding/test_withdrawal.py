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
from wagtail.rich_text import RichText

from home.models import StandardPage
from home.site_settings import SiteSettings
from media.models import CleanImage
from safeguarding import scopes, status
from safeguarding.models import Contributor, Fingerprint, Ledger, Release, Use, WithdrawalTask
from safeguarding.withdrawal import addresses, carry_out, ledger, pages, tasks, words
from safeguarding.withdrawal.steps import forget_versions
from stories.models import StoryPage, StoryPerson
from stories.story_links import StoryAuthor, StoryTheme
from tests.support import builders, translations, withdrawal_world
from tests.support.people import ALL_AGREED, is_read, record
from tests.support.stored_text import all_stored_text, stored_names, tables_with
from tests.support.undone import undone
from tests.support.withdrawal_world import ADDRESSES, HOME, NAME, SENTINELS, withdraw_all

# The models with rows about a story, and the field of each with the key of the story.
ABOUT = {StoryPage: "pk", Revision: "object_id"} | dict.fromkeys((StoryTheme, StoryAuthor), "story")
ABOUT |= dict.fromkeys((Use, Release, StoryPerson), "page")


def rows_about(page):
    """Return {model: stored rows} of `page`, its versions, and the rows that refer to it."""
    return {model: list(model.objects.filter(**{name: page.pk}).values()) for model, name in ABOUT.items()}


@pytest.mark.parametrize("place", ["folder", pytest.param("bucket", marks=pytest.mark.sqlite_only)])
def test_nothing_is_left_in_any_row_or_file_and_others_stay_the_same(client, caplog, place, request):
    if place == "bucket":
        request.getfixturevalue("bucket")
    caplog.set_level("INFO")
    person = withdrawal_world.make_named_person()
    story, image, document = withdrawal_world.make_own_stories(person)
    with withdrawal_world.without_words(person):
        withdrawal_world.make_traces(story)
    other = withdrawal_world.make_others()
    before, files_before = rows_about(other), stored_names()
    assert client.get(ADDRESSES[0]).status_code == 200

    shown = {section.place.name: section.found for section in carry_out.make_plan(person).shown}
    found = {name: len(rows) for name, rows in shown.items()}
    assert any(" · wagtail." in row.title for row in shown["logs"])
    withdrawal = withdraw_all(person)
    # The transaction of the test is never committed, so the tasks don't run by themselves.
    tasks.run_quick_tasks()
    withdrawal_world.finish()  # as the scheduler does

    assert tables_with(*SENTINELS, image.file_hash) == {}
    assert not any(default_storage.exists(each.file.name) for each in (image, document))
    assert not any("zahrawi" in name for name in stored_names())
    assert len({*files_before} - {*stored_names()}) == 4, "picture, rendition, document, upload"
    assert rows_about(other) == before
    assert not any(type(each).objects.filter(pk=each.pk).exists() for each in (image, document))
    assert found == withdrawal.counts
    assert set(withdrawal.counts) == {  # the names of the Places in which something was found
        *("pages", "redirects", "logs", "pictures", "documents"),
        *("stories.author", "stories.theme", "search.vocabularygroup", "search.missedsearch"),
        *("search.knownword", "wagtailsearchpromotions.query", "wagtailsearchpromotions.searchpromotion"),
        *("taggit.tag", "wagtailcore.collection", "media.cleanimage", "wagtailcore.modellogentry"),
        "wagtailredirects.redirect",
    }
    assert Contributor.objects.get(pk=person.pk).get_status() == status.Status.WITHDRAWN
    assert not words_of(person)
    content = ledger.read_content().decode()
    assert person.code in content and NAME.lower() not in content.lower()
    left = WithdrawalTask.objects.filter(done_at=None)
    # The step that overwrites deleted rows in the database's file.
    assert set(left.values_list("step", flat=True)) == {"vacuum"}, "it needs to be outside of transactions"
    # Reports of the admin still work, although the entries have no data any more.
    client.force_login(builders.make_user(is_superuser=True))
    report = client.get("/admin/reports/site-history/").text
    assert person.code in report and NAME not in report
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
    texts = ["https://example.org/stories/lamps/?a=b", "See /stories/lamps.", "/fr/lumi%C3%A8re"]
    others = ["/stories/lamps-of-others/", "/stories/lampstand/", "Of lamps"]
    assert [text for text in (*texts, *others) if words.has_path(paths, [text])] == texts


@pytest.mark.sqlite_only
def test_redirects_do_not_stop_a_withdrawal():
    person = withdrawal_world.make_named_person()
    story = withdrawal_world.make_story_about(person)
    # As they are stored, urlsplit() refuses these addresses. Wagtail's form makes "//[x" of "////[x".
    for old_path in ("//[x", "/z"):
        Redirect.objects.create(old_path=old_path, redirect_link="http://[z")
    Redirect.objects.create(old_path="//[y", redirect_page=story)
    withdraw_all(person)
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {"//[x", "/z"}
    assert Client().get(story.url).status_code == 404


def waiting():
    """Return the tasks that wait until a story is published without the person."""
    return WithdrawalTask.objects.filter(step="purge", done_at=None)


def publish(story, **fields):
    builders.save_draft(story, **fields).publish()


def save_row_of_draft(story):
    """Store the latest version in the row, as the page editor does for a page that is not live."""
    draft = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    builders.save_with(draft, check=False, live=False)


def words_of(person):
    """Return what is left of the names and words of `person`."""
    stored = Contributor.objects.get(pk=person.pk)
    return "".join(getattr(stored, name) for name in Contributor.RESTRICTED_FIELDS)


def texts_by_hand(person):
    """Return the lines of the plan about texts that are changed by hand."""
    [section] = [each for each in carry_out.make_plan(person).shown if each.place.by_hand]
    return [each.title for each in section.found]


def withdraw_one(person):
    """Withdraw `person` without any yes, and run the tasks. Return the Withdrawal."""
    done = carry_out.withdraw(person)
    tasks.run_tasks()
    return done


def test_files_that_something_else_uses_stay():
    person, other = withdrawal_world.make_named_person(), builders.make_story()
    # Each has another size, so that `same` below is the only picture with the same file as another one.
    shared, in_draft, in_moderation, own = (builders.make_image(size=(width, 40)) for width in range(63, 67))
    builders.make_story(lead_image=shared, lead_image_alt="A lamp")
    for picture in (in_moderation, in_draft):
        builders.save_draft(other, lead_image=picture, lead_image_alt="A lamp")
        if picture == in_moderation:
            Workflow.objects.get().start(StoryPage.objects.get(pk=other.pk), None)
    body = [builders.pictures_block(shared, in_draft, in_moderation, own)]
    withdrawal_world.make_story_about(person, body=body)
    # The same file as `own`. The ledger doesn't list it, or it would be erased after the restore of a backup.
    same = builders.make_image(size=(66, 40))
    withdraw_one(person)
    assert set(CleanImage.objects.all()) == {shared, in_draft, in_moderation, same}
    assert not addresses.is_erased_picture(same.file_hash)


def test_what_is_written_while_the_withdrawal_commits_is_erased_too():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story = withdrawal_world.make_story_about(person, body=[])
    version = story.save_revision()
    withdrawal = carry_out.withdraw(person)
    withdrawal_world.named_image(person)
    # As requests do that had read the story before.
    Revision.objects.bulk_create([version])
    copy = withdrawal_world.make_story_about(person, live=False, slug="copied")
    shared = withdrawal_world.make_story_about(person, other, live=False)
    tasks.run_quick_tasks()
    tasks.run_tasks()
    assert not Revision.page_revisions.filter(object_id=str(story.pk)).exists()
    assert not StoryPage.objects.filter(pk=copy.pk).exists()
    assert Client().get(story.url).status_code == 404
    assert Client().get("/stories/copied/").status_code == 404, "it was never public"
    assert not CleanImage.objects.exists()
    withdrawal.refresh_from_db()
    # The story and its copy are erased. Somebody else is in the third one, so it is held.
    assert (withdrawal.counts["pages"], withdrawal.counts["held"]) == (2, 1)
    # The purge of a held page waits until it is published without the person.
    assert [task.data["page"] for task in waiting()] == [shared.pk]
    tasks.run_tasks()
    digests = set(Fingerprint.objects.values_list("digest", flat=True))
    assert all(digest in ledger.file_path().read_text() for digest in digests)


# --- Texts that are changed by hand ---------------------------------------------------------------


def test_texts_of_others_are_only_reported_and_the_words_are_kept_until_they_are_changed():
    person = withdrawal_world.make_named_person()
    draft, settings = withdrawal_world.make_mentions(person)
    assert texts_by_hand(person) == [
        f"Site settings {settings.pk}: name of the organisation", "Plain page: About: introduction",
        f"Story {draft.pk}: title",
    ]  # fmt: skip
    withdrawal = withdraw_all(person)
    comments = {"wagtailcore.comment": 1, "wagtailcore.commentreply": 1}
    assert withdrawal.counts == {"elsewhere left": 3, "search.knownword": 1} | comments
    tasks.run_tasks()
    page, settings = StandardPage.objects.get(), SiteSettings.objects.get()
    assert NAME in page.introduction and NAME in settings.organisation_name
    # More versions with the name, and a log entry. Then somebody changes the three texts.
    draft.save_revision(log_action=True)
    page.save_revision()
    publish(page, introduction="Of others")
    builders.save_with(settings, organisation_name="Lamps")
    withdrawal_world.finish()
    assert words_of(person)
    publish(draft, title="Of others")
    withdrawal_world.finish()
    assert not words_of(person)
    assert tables_with(NAME) == {}, "earlier versions and log entries"
    assert StoryPage.objects.get(pk=draft.pk).get_latest_revision_as_object().title == "Of others"


@pytest.mark.sqlite_only
def test_drafts_and_their_moderation_stay_when_versions_with_a_word_are_deleted():
    person, user = withdrawal_world.make_named_person(), builders.make_user("Moderators")
    commented, moderated = (builders.make_story() for _each in range(2))
    # A version has the comments on its page too, also those that are deleted later.
    Comment.objects.create(page=commented, user=user, text=f"Like {NAME}?", contentpath="title")
    with withdrawal_world.without_words(person):
        builders.save_draft(commented, summary="A draft.")
        version = builders.save_draft(moderated, summary=f"{NAME} came.")
        fields = {"page": moderated, "contentpath": "title", "revision_created": version}
        kept = Comment.objects.create(user=user, text="When?", **fields)
        Workflow.objects.get().start(StoryPage.objects.get(pk=moderated.pk), user)
    withdraw_all(person)
    builders.save_draft(moderated, summary="Somebody came.")
    withdrawal_world.finish()
    assert tables_with(NAME) == {}
    assert list(Comment.objects.exclude(text__startswith=person.code)) == [kept]
    commented, moderated = (StoryPage.objects.get(pk=page.pk) for page in (commented, moderated))
    assert commented.get_latest_revision_as_object().summary == "A draft."
    moderated.current_workflow_task_state.approve(user=user)
    assert StoryPage.objects.get(pk=moderated.pk).summary == "Somebody came."


@pytest.mark.sqlite_only
def test_history_is_erased_while_a_text_with_a_word_may_stay():
    """A text with the surname of her child stays, for example. A former address redirects."""
    person, story = withdrawal_world.make_named_person(), builders.make_story("Of others")
    with withdrawal_world.without_words(person):
        for summary, text in (("Somebody came.", "Zoé Otieno came."), (f"A child called {NAME}.", "Lamps.")):
            publish(story, summary=summary, body=[("text", RichText(f"<p>{text}</p>"))])
    Contributor.objects.filter(pk=person.pk).update(protected_words="Zoé")
    Redirect.objects.create(old_path="/about-zahrawi", redirect_page=story)
    withdraw_all(person)
    withdrawal_world.finish()
    assert words_of(person), "they are kept while the text stays"
    assert not Redirect.objects.exists()
    assert not [each for each in Revision.objects.all() if "Otieno" in str(each.content)]


def test_word_in_a_scheduled_version_is_reported_although_a_newer_draft_has_none():
    person, story = withdrawal_world.make_named_person(), builders.make_story("Lamps")
    with withdrawal_world.without_words(person):
        version = builders.save_draft(story, summary=f"{NAME} came.")
        builders.save_with(version, approved_go_live_at=timezone.now() + datetime.timedelta(days=9))
    builders.save_draft(story, summary="Somebody came.")
    assert texts_by_hand(person) == ["Story: Lamps: summary"]


def test_row_of_an_unpublished_page_that_is_older_than_its_draft_keeps_the_words():
    person, story = withdrawal_world.make_named_person(), builders.make_story("Lamps")
    with withdrawal_world.without_words(person):
        publish(story, summary=f"{NAME} came.")
    builders.save_draft(story, summary="Somebody came.")
    StoryPage.objects.get(pk=story.pk).unpublish()
    withdraw_all(person)
    withdrawal_world.finish()
    assert words_of(person)
    # forget_versions() stores the draft in the row, too.
    for act in (lambda: save_row_of_draft(story), lambda: forget_versions(story.pk, person)):
        with undone():
            act()
            withdrawal_world.finish()
            assert tables_with(NAME) == {}


# --- Stories with others in them ------------------------------------------------------------------
# Such a story is held: readers can't see it until it is published without the person. Then the task "purge"
# deletes its earlier versions.


def test_story_with_others_is_held_until_it_is_published_without(client):
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    picture = {"lead_image": withdrawal_world.named_image(person), "lead_image_alt": "Somebody"}
    fields = {"title": f"{NAME} and others", "slug": "zahrawi-and-others", "naming": scopes.Naming.REAL}
    story = withdrawal_world.make_shared(person, other, **fields, **picture)
    redirect = Redirect.objects.create(old_path="/two-of-them", redirect_page=story)
    log(redirect, "wagtail.create", user=builders.make_user("Moderators"))
    versions = Revision.page_revisions.filter(object_id=str(story.pk))
    assert client.get(story.url).status_code == 200
    withdraw_one(person)
    assert client.get(story.url).status_code == 404
    withdrawal_world.finish()
    assert words_of(person), "the leak check needs them until the story is published"
    assert versions.exists() and waiting().exists()
    with undone():  # The story need not change if the person agrees again.
        record(person, **ALL_AGREED)
        publish(story, summary=f"{NAME} is back.")
        tasks.run_tasks()
        assert is_read(story) and not waiting().exists()
    with undone():
        StoryPage.objects.get(pk=story.pk).delete()
        tasks.run_tasks()
        assert tables_with(f"{NAME} and others") == {}, "also in the log"

    rows = withdrawal_world.rows_of(other)
    publish(story, title="Of others", slug="of-others", story_people=rows, lead_image=None)
    withdrawal_world.finish()
    assert client.get("/stories/of-others/").status_code == 200
    assert client.get(story.url).status_code == 404, "it does not redirect"
    assert versions.count() == 1
    assert tables_with("zahrawi-and-others", f"{NAME} and others", "two-of-them") == {}
    assert not words_of(person)


@pytest.mark.sqlite_only
def test_held_story_waits_while_a_word_of_the_person_is_in_it():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story = withdrawal_world.make_shared(person, other, title=f"{NAME} and others", slug="of-others")
    withdraw_one(person)
    rows = withdrawal_world.rows_of(other)
    with pytest.raises(ValidationError, match="title"):
        publish(story, story_people=rows)
    # As a program does that bypasses all checks.
    written = builders.save_with(StoryPage.objects.get(pk=story.pk), check=False, story_people=rows)
    StoryPage.objects.filter(pk=story.pk).update(live_revision=written.save_revision(clean=False))
    tasks.run_tasks()
    assert waiting().exists() and words_of(person)
    publish(story, title="Of others")
    withdrawal_world.finish()
    assert not waiting().exists() and not words_of(person)


def list_again(story, *people):
    builders.save_draft(story, story_people=withdrawal_world.rows_of(*people))


@pytest.mark.sqlite_only
def test_held_story_waits_while_a_draft_has_the_person_or_waits_and_its_versions_keep_their_authors():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story = withdrawal_world.make_shared(person, other)
    withdraw_one(person)
    authors = [builders.make_user("Editors") for _each in range(2)]
    builders.save_draft(story, authors[0], story_people=withdrawal_world.rows_of(other)).publish()
    builders.save_draft(story, authors[1])
    for act in (list_again, withdrawal_world.schedule, withdrawal_world.submit):
        with undone():
            act(story, person, other)
            tasks.run_tasks()
            assert waiting().exists(), act
    tasks.run_tasks()
    assert not waiting().exists()
    story.refresh_from_db()
    assert [story.live_revision.user, story.latest_revision.user] == authors


@pytest.mark.sqlite_only
def test_story_is_erased_when_the_last_person_in_it_withdraws():
    people = [withdrawal_world.make_agreeing_person() for _each in range(2)]
    story = withdrawal_world.make_shared(*people)
    for person, number in zip(people, (1, 0), strict=True):
        withdraw_one(person)
        assert StoryPage.objects.filter(pk=story.pk).count() == number
    assert not waiting().exists()


@pytest.mark.sqlite_only
def test_pages_that_are_not_live_need_not_be_published():
    person, other = withdrawal_world.make_named_person(), withdrawal_world.make_agreeing_person()
    story, unpublished = (withdrawal_world.make_shared(person, other) for _each in range(2))
    rows = withdrawal_world.rows_of(other)
    french = translations.make_index_in("fr", slug="liste")
    translation = translations.make_translation(story, french, live=False, story_people=rows)
    unpublished.unpublish()
    withdraw_one(person)
    assert {task.data["page"] for task in waiting()} == {story.pk, unpublished.pk}
    publish(story, story_people=withdrawal_world.rows_of(other))
    tasks.run_tasks()
    assert [task.data["page"] for task in waiting()] == [unpublished.pk]
    builders.save_draft(unpublished, story_people=withdrawal_world.rows_of(other))
    save_row_of_draft(unpublished)
    withdrawal_world.finish()
    assert not waiting().exists() and not words_of(person)
    versions = [page.revisions.count() for page in (unpublished, story, translation)]
    assert versions == [1, 1, 0], "versions of the two stories only"
    assert StoryPage.objects.exclude(live_revision=None).get() == story


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


@pytest.mark.sqlite_only
def test_entry_of_the_ledger_is_the_same_in_each_time_zone():
    withdraw_all(withdrawal_world.make_named_person())
    written = set()
    for name in ("Pacific/Kiritimati", "Pacific/Niue"):  # It is never the same day in both.
        with timezone.override(name):
            ledger.write()
        written.add(ledger.file_path().read_text())
    assert len(written) == 1


# --- Interrupted ----------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for the end of the process. No code of the site catches it."""


@pytest.mark.sqlite_only
def test_what_killed_processes_left_is_done_by_the_scheduler(monkeypatch):
    person = withdrawal_world.make_named_person()
    image = withdrawal_world.make_own_stories(person)[1]
    before, files, killed = all_stored_text(), stored_names(), []
    real, steps = dict(tasks._steps), ["ledger", "file", "again", "index"]

    def kill(*moment):
        """The first time that it is called with a `moment`, the process ends."""
        if moment not in killed:
            killed.append(moment)
            raise Killed

    def run_and_be_killed(task):
        kill("before", task.step)
        real[task.step](task)
        kill("after", task.step)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(pages.Logs, "erase", kill)
        withdraw_all(person)
    assert all_stored_text() == before, "the transaction changed nothing"
    assert stored_names() == files

    withdraw_all(person)
    with monkeypatch.context() as patch:
        for step in steps:
            patch.setitem(tasks._steps, step, run_and_be_killed)
        for _moment in range(2 * len(steps)):
            with pytest.raises(Killed):
                tasks.run_tasks()
    assert set(killed[1:]) == {(moment, step) for moment in ("before", "after") for step in steps}
    # The nightly work adds tasks.
    for _twice in range(2):
        call_command("run_due_work")
    assert tables_with(NAME) == {}
    assert not default_storage.exists(image.file.name)
    assert person.code in ledger.file_path().read_text()
    assert set(WithdrawalTask.objects.filter(done_at=None).values_list("step", flat=True)) == {"vacuum"}
