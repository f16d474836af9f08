"""Concurrent changes on several connections to PostgreSQL: none is lost, and there is no deadlock."""

import io
import threading
import time
import uuid
from contextlib import closing, suppress
from datetime import UTC, datetime
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.db.models.signals import pre_delete
from django.http import Http404
from django.urls import reverse
from taggit.models import Tag
from wagtail.actions.copy_page import CopyPageAction
from wagtail.images.models import SourceImageIOError
from wagtail.models import Page

from caching.local_date import today
from media.cleaning import CleanFile
from media.models import CleanImage
from safeguarding import holds, policies, reading_start, releases, retention, scopes, stopping
from safeguarding.models import Contributor, Ledger, PageHold, Reading, StopCode, Use, Withdrawal
from safeguarding.withdrawal import (
    addresses,
    again,
    carry_out,
    database_files,
    forgetting,
    ledger,
    page_holds,
    tasks,
)
from stories.models import StoryPage
from tests.support import builders, people, queries, readings
from tests.support.builders import make_document, make_image, make_index, make_story, make_user, picture_bytes
from tests.support.leads import ANSWERS, SECRET, address, make_live_story
from tests.support.people import ALL_AGREED, decide, make_agreeing_person, make_story_about, record, withdraw

pytestmark = [
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]


def wait_until_blocked():
    """Wait until another connection to this database waits for a lock. It gives up after ten seconds."""
    for _try in range(200):
        with connection.cursor() as cursor:
            # The locks of other test processes, in databases of their own, are in the same table.
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM pg_locks JOIN"
                " pg_database ON database = pg_database.oid WHERE datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("the other connection does not wait")


def run_both(first, second, look=bool):
    """Call `first` in a transaction and, before it ends, `second` in a thread, which has to wait.

    Return what the function `look` returns meanwhile.
    """
    with queries.others() as start, transaction.atomic():
        first()
        start(second)
        wait_until_blocked()
        return look()


def publish(story):
    with suppress(ValidationError):
        story.latest_revision.publish()


def save_without_checks(story):
    builders.save_with(story, check=False, live=True)


def test_publishing_and_withdrawing():
    """Check that the second act waits for the first one, and sees what that wrote."""
    for withdrawal_first in (True, False):
        for route in (publish, save_without_checks):
            person = make_agreeing_person()
            story = make_story_about(person, live=False)
            acts = [partial(withdraw, person), partial(route, story)]
            first, second = acts if withdrawal_first else acts[::-1]
            run_both(first, second)
            assert person.consents.filter(event="withdrawn").exists()
            is_stopped = withdrawal_first and route == publish
            assert StoryPage.objects.filter(pk=story.pk, live=not is_stopped).exists()
            assert not StoryPage.objects.published().exists()


def test_form_that_is_sent_while_a_withdrawal_runs_stores_nothing():
    lead = builders.client_of(make_user(policies.GROUP))
    names = {"reason": "contact", "names": "Other", "save": "1"}
    for name, data in (("restricted", names), ("consent", ANSWERS | {"ends_on": ""})):
        person = make_agreeing_person(names=SECRET)
        data["seen"] = lead.post(address(person, name), {"reason": "contact"}).context["form"].seen
        run_both(partial(carry_out.withdraw, person), partial(lead.post, address(person, name), data))
        person = Contributor.objects.get(pk=person.pk)
        assert (person.names, person.has_withdrawn) == (SECRET, True), name


def test_file_that_is_erased_while_its_form_is_sent_does_not_come_back():
    for make, prepare in ((make_image, choose_people), (make_document, rename)):
        person, item = make_agreeing_person(), make()
        body = [{"type": "document", "value": {"document": item.pk, "title": "A letter"}}]
        image = {"lead_image": item, "lead_image_decorative": True}
        make_story_about(person, **(image if make == make_image else {"body": body}))
        run_both(partial(carry_out.withdraw, person), prepare(item, person))
        assert not type(item).objects.exists()


# --- What the second act does after it has waited ------------------------------------------------


def is_held(story):
    return not people.is_read(story)


def decide_about_somebody_who_withdraws():
    story = make_live_story({"proceedings": True})
    person = Contributor.objects.get(uses__page=story)
    decision = partial(decide, story, person, "proceedings")
    return partial(withdraw, person), decision, partial(is_held, story)


def release_a_page_of_somebody_who_withdraws():
    person = make_agreeing_person()
    story = make_story_about(person)
    transaction.atomic(page_holds.hold_pages)([story], "P-2345")  # It locks rows, which needs a transaction.
    release = partial(page_holds.release_page, PageHold.objects.get(page=story), None)
    return partial(withdraw, person), release, partial(is_held, story)


def save_a_page_that_is_held():
    story = make_story_about(make_agreeing_person())
    save = partial(StoryPage.objects.get(pk=story.pk).save, clean=False)
    return partial(page_holds.hold_pages, [story], "P-2345"), save, partial(is_held, story)


def delete_names_of_somebody_who_agrees_again():
    long_ago = {"given_on": people.days_from_today(-4000), "ends_on": people.days_from_today(-3000)}
    person = make_agreeing_person(long_ago, names="Amina")
    assert retention.deletion_day(person) < today()
    delete = partial(retention.delete_names_of, person.pk)
    return partial(record, person, **ALL_AGREED), delete, has(person, "Amina")


def has(person, name):
    return lambda: Contributor.objects.get(pk=person.pk).names == name


def forget_words_of_somebody_who_agrees_again():
    person = make_agreeing_person(names="Amina")
    withdraw(person)
    Withdrawal.objects.create(contributor=person, code=person.code)
    forget = partial(forgetting.delete_words, person.pk)
    return partial(record, person, **ALL_AGREED), forget, has(person, "Amina")


def encrypt_names_that_are_changed():
    person = people.make_person(names="Amina")
    change = partial(Contributor.objects.filter(pk=person.pk).update, names="Bela")
    rotate = partial(call_command, "rotate_safeguarding_keys", stdout=io.StringIO())
    return change, rotate, has(person, "Bela")


def bring_back_somebody_who_stops():
    person, lead = make_agreeing_person({"stop_code": "card"}), builders.client_of(make_user(policies.GROUP))
    StopCode.make(person)
    holds.take_down(person, None)
    page = address(person, "bring_back")
    note = {"back_note": "Yes.", "seen": lead.get(page).context["form"].seen}
    is_held = Contributor.objects.filter(pk=person.pk, held_since__isnull=False).exists
    return partial(stopping.stop, person), partial(lead.post, page, note), is_held


def compare_stop_codes_of_one_person():
    act = partial(StopCode.find_person, StopCode.make(make_agreeing_person()))
    return act, act, lambda: True  # the second one waited


def try_the_last_wrong_code_and_the_right_one():
    reading, opened = readings.make_reading(), []
    token, code = reading.path.split("/")[-2], reading.shown_code
    Reading.objects.update(tries=reading_start.MAX_TRIES - 1)
    attempt = partial(reading_start.try_code, reading, token)
    acts = [lambda each=each: opened.append(attempt(each)) for each in ("1", code)]
    return *acts, lambda: opened == [False, False]


def withdraw_again_twice():
    person = make_agreeing_person()
    entry = entry_about(person, make_story_about(person))
    act = partial(again.withdraw_again, entry, Ledger.get().salt)
    return act, act, lambda: Withdrawal.objects.filter(key=entry["key"]).exists()


def write_the_ledger_on_two_machines():
    """A bucket has no locks."""
    withdraw(make_agreeing_person())
    return ledger.write, ledger.write, lambda: ledger.read_content().count(b'"ledger"') == 1


def tag_somebody_on_a_picture_that_a_page_begins_to_show(showing_first=False):
    story, image = make_story(people="none"), make_image()
    story.lead_image, story.lead_image_decorative = image, True
    acts = [partial(image.people.add, make_agreeing_person()), partial(save_without_checks, story)]
    first, second = acts[::-1] if showing_first else acts
    return first, second, partial(is_held, story)


def show_a_picture_before_somebody_is_tagged_on_it():
    return tag_somebody_on_a_picture_that_a_page_begins_to_show(showing_first=True)


def show_a_picture_on_which_somebody_can_be_recognised_now():
    person = make_agreeing_person({"picture": scopes.Picture.NOT_RECOGNISABLE})
    story, image = make_story_about(person), make_image(shows="person", is_recognisable=False)
    image.people.add(person)
    story.lead_image, story.lead_image_decorative = image, True
    same = CleanImage.objects.get(pk=image.pk)
    same.is_recognisable = True
    return same.save, partial(save_without_checks, story), partial(is_held, story)


# Each returns two acts, and a function that returns whether the second one saw what the first one wrote.
PAIRS = [
    *(decide_about_somebody_who_withdraws, release_a_page_of_somebody_who_withdraws),
    *(save_a_page_that_is_held, delete_names_of_somebody_who_agrees_again, withdraw_again_twice),
    *(forget_words_of_somebody_who_agrees_again, encrypt_names_that_are_changed),
    *(bring_back_somebody_who_stops, compare_stop_codes_of_one_person),
    *(
        write_the_ledger_on_two_machines,
        try_the_last_wrong_code_and_the_right_one,
        tag_somebody_on_a_picture_that_a_page_begins_to_show,
    ),
    show_a_picture_before_somebody_is_tagged_on_it,
    show_a_picture_on_which_somebody_can_be_recognised_now,
]


def test_the_second_sees_what_the_first_wrote():
    """This is one test, because what it commits takes long to remove."""
    wrong = []
    for make in PAIRS:
        first, second, is_right = make()
        run_both(first, second)
        wrong += [] if is_right() else [make.__name__]
    assert wrong == []


def test_two_changes_of_one_picture():
    """Check that the second one sees what the first one wrote, although they change different people."""
    withdrawing, renewing, added = make_agreeing_person(), make_agreeing_person(), people.make_person()
    shared, changed = make_image(shows="person"), make_image()
    shared.people.set([withdrawing, renewing])
    earlier = ALL_AGREED | {"event": "renewed", "ends_on": people.days_from_today(30)}
    for image, first, second in (
        (shared, partial(withdraw, withdrawing), partial(record, renewing, **earlier)),
        (changed, partial(changed.people.add, added), CleanImage.objects.get(pk=changed.pk).save),
    ):
        assert CleanImage.objects.get(pk=image.pk).is_shown
        run_both(first, second)
        assert not CleanImage.objects.get(pk=image.pk).is_shown


# --- The order of locks --------------------------------------------------------------------------


def is_free(rows):
    """Return whether no other transaction holds a lock on one of `rows`."""
    try:
        with transaction.atomic():
            return bool(rows.select_for_update(no_key=True, nowait=True))
    except OperationalError:
        return False


def administrator():
    return builders.client_of(make_user(is_superuser=True))


def choose_people(image, person):
    """Return a function that puts `person` on `image` with the form of the admin."""
    client = administrator()
    form = {"title": "A", "shows": "person", "people": [person.pk], "collection": 1, "tags": ""}
    return lambda: client.post(reverse("wagtailimages:edit", args=[image.pk]), form)


def rename(document, _person):
    """Return a function that renames `document` with the form of the admin."""
    client, form = administrator(), {"title": "A", "collection": 1, "tags": ""}
    return lambda: client.post(reverse("wagtaildocs:edit", args=[document.pk]), form)


def publish_in_bulk(*stories):
    """Return a function that publishes `stories` with the bulk action."""
    client, ids = administrator(), "&".join(f"id={story.pk}" for story in stories)
    return lambda: client.post(f"/admin/bulk/wagtailcore/page/publish/?{ids}")


def test_whoever_waits_for_the_first_person_has_not_locked_the_second():
    """Check it for each change that locks both. Otherwise two of them could wait for each other."""
    # Rows are locked in the order of their keys, which is not that of the codes.
    first, second = make_agreeing_person(code="P-3333"), make_agreeing_person(code="P-2222")
    story = make_story_about(first, second)
    section = make_index(make_index(), "Section")
    drafts = [make_story_about(person, live=False, parent=section) for person in (second, first)]
    replaced, chosen, *_two = pictures = [make_image(shows="person") for _each in range(4)]
    for image, person in zip(pictures, (first, second, second, first), strict=True):
        image.people.add(person)
    deleted = people.make_person()
    for image in pictures[2:]:
        image.people.add(deleted)
    replaced.file = CleanFile(picture_bytes(color=(1, 2, 3)), ".png")
    copied = {"keep_live": False, "update_attrs": {"slug": "copied"}}
    acts = {
        "saving a story": story.save,
        "copying a section": lambda: CopyPageAction(section, recursive=True, **copied).execute(),
        "publishing several stories": publish_in_bulk(*drafts),
        "an event": lambda: record(second, **ALL_AGREED),
        "taking down": lambda: holds.take_down(second, None),
        "replacing a picture": replaced.save,
        "saying who is on a picture": choose_people(chosen, first),
        "deleting a person": deleted.delete,
        "new keys": lambda: call_command("rotate_safeguarding_keys", stdout=io.StringIO()),
    }
    rows = [Contributor.objects.filter(pk=second.pk), CleanImage.objects.all()]
    for name, act in acts.items():
        assert run_both(partial(releases.lock, [first.pk]), act, lambda: all(map(is_free, rows))), name
    assert StoryPage.objects.live().count() == 3, "the story and both drafts"


def entry_about(person, story):
    """Return an entry of the ledger: `story` was erased with `person`, who need not be in its list now."""
    salt = Ledger.get().salt
    address, key = (addresses.digest_of(text, salt) for text in (story.url, str(story.translation_key)))
    entry = {"key": str(uuid.uuid4()), "code": person.code}
    return entry | {"address": [address], "former": [], "picture": [], "story": [key]}


def test_withdrawing_waits_for_whoever_adds_a_page_before_it_locks_others():
    """A withdrawal locks nothing else while it waits for a page that another transaction adds a page to."""
    person, other = make_agreeing_person(), make_agreeing_person()
    story, unlisted = make_story_about(person), make_story()
    shared = make_story_about(person, other, make_agreeing_person())
    parent = Page.objects.filter(pk=story.get_parent().pk)
    rows = [Contributor.objects.all(), Page.objects.exclude(pk=story.get_parent().pk)]
    entry = entry_about(other, unlisted)
    acts = {"withdrawing": partial(carry_out.withdraw, person)}
    acts["withdrawing again"] = partial(again.withdraw_again, entry, Ledger.get().salt)
    for name, act in acts.items():
        assert run_both(parent.select_for_update().get, act, lambda: all(map(is_free, rows))), name
    assert list(StoryPage.objects.values_list("pk", flat=True)) == [shared.pk]


def test_people_who_come_into_a_page_meanwhile_are_locked_too():
    """A withdrawal locks everybody who is in a page with the person, and looks again after it has waited."""
    third, first, second = (make_agreeing_person() for _each in range(3))
    make_story_about(first, second)
    page = make_story()
    is_blocked, is_checked = threading.Event(), threading.Event()

    def hold_third():
        with transaction.atomic():
            releases.lock([third.pk])
            is_blocked.set()
            assert is_checked.wait(20)

    with queries.others() as start:
        start(hold_third)
        assert is_blocked.wait(20)
        with transaction.atomic():
            releases.lock([first.pk])
            start(lambda: withdraw(second))
            wait_until_blocked()
            Use.objects.bulk_create(Use(page=page, contributor=person) for person in (second, third))
        wait_until_blocked()
        free = [is_free(Contributor.objects.filter(pk=person.pk)) for person in (first, second)]
        is_checked.set()
    assert free == [True, True], "they were unlocked, to lock all in their order"


# --- Deadlocks -----------------------------------------------------------------------------------


def withdraw_during(act, sender=StoryPage):
    """Erase a person with a story, and call `act` in another thread when `sender`, a model, is locked.

    `act` gets the story or its picture. The deletion goes on when `act` waits. If `act` has locked a row that
    is deleted too, each waits for the other.
    """
    person, image = make_agreeing_person(), make_image()
    story = make_story_about(person, live=False, lead_image=image, lead_image_decorative=True)

    def begin(instance, **_arguments):
        assert pre_delete.disconnect(begin, sender=sender)
        start(partial(act, instance))
        wait_until_blocked()

    with queries.others() as start:
        pre_delete.connect(begin, sender=sender)
        carry_out.withdraw(person)
    assert not Page.objects.filter(pk=story.pk).exists()
    assert not CleanImage.objects.exists()


def test_publishing_and_erasing_do_not_wait_for_each_other():
    def publish_latest(story):
        with pytest.raises(Http404):
            story.latest_revision.publish()

    withdraw_during(publish_latest)


def test_withdrawal_that_is_aborted_because_of_a_deadlock_is_tried_again():
    """An autosave locks the version that it overwrites, and then the page."""

    def autosave(story):
        with transaction.atomic(), connection.cursor() as cursor:
            # PostgreSQL aborts the first transaction that has waited so long and finds a deadlock.
            cursor.execute("SET LOCAL deadlock_timeout = '1min'")
            story.get_latest_revision_as_object().save_revision(overwrite_revision=story.latest_revision)

    withdraw_during(autosave)


def test_withdrawal_is_tried_again_if_something_gets_a_tag_that_it_deletes():
    picture, tag, added = make_image(), Tag.objects.create(name=SECRET), []

    def add_tag(execute, sql, *arguments):
        if sql.startswith('DELETE FROM "taggit_tag"') and not added:
            added.append(tag)
            with queries.others() as start:
                start(partial(picture.tags.add, tag))
        return execute(sql, *arguments)

    with connection.execute_wrapper(add_tag):
        carry_out.withdraw(make_agreeing_person(names=SECRET), yes=[("taggit.tag", str(tag.pk))])
    assert added and not Tag.objects.exists()


def test_rendition_that_is_made_during_a_withdrawal_does_not_end_it():
    def make_rendition(image):
        with pytest.raises(SourceImageIOError):  # The picture is gone.
            CleanImage.objects.get(pk=image.pk).get_rendition("fill-20x20|format-png")

    withdraw_during(make_rendition, CleanImage)


# --- PostgreSQL's files, which what was erased leaves at night ------------------------------------


# (hour, what another transaction has done, error of the task while that is open). NIGHT is from 3 to 6.
OBSTACLES = [
    (2, "SELECT 1", ""),
    (3, "SELECT pg_current_xact_id()", "OlderTransaction"),
    (4, "SELECT 1", "OlderTransaction"),
    (5, "LOCK TABLE wagtailcore_page IN ACCESS SHARE MODE", "OperationalError"),
]


def make_task(*later_steps):
    """Return the task "vacuum" of a new withdrawal, as a queryset. `later_steps`: steps of tasks after it."""
    withdrawal = Withdrawal.objects.create(code="P-2345")
    for step in ("vacuum", *later_steps):
        withdrawal.tasks.create(step=step)
    return withdrawal.tasks.filter(step="vacuum")


def test_it_is_erased_at_night_and_when_no_other_transaction_keeps_it(time_machine):
    # The step "again" fails without data.
    task, same_night, early = make_task(), make_task(), make_task("again")
    for failures, (hour, statement, error) in enumerate(OBSTACLES):
        time_machine.move_to(datetime(2026, 3, 11, hour, tzinfo=UTC))
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            cursor.execute(statement)
            task.update(data={})  # The other transaction is older than this one.
            tasks.run_tasks()
            cursor.execute("ROLLBACK")  # A connection ends some time after it is closed.
        assert task.filter(done_at=None, failures=failures, error=error).exists(), statement
        assert same_night.filter(done_at=None, failures=0).exists()
    tasks.run_tasks()
    assert same_night.get().done_at < task.get().done_at, "it was done with the first one"
    assert early.get().done_at is None


def test_transaction_that_begins_meanwhile_keeps_the_task_waiting(time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
    task, began = make_task(), []
    with closing(connection.copy()) as other, other.cursor() as cursor:

        def begin(execute, sql, *arguments):
            if sql.startswith("VACUUM") and not began:
                began.append(sql)
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT 1")
            return execute(sql, *arguments)

        with connection.execute_wrapper(begin):
            tasks.run_tasks()
        cursor.execute("ROLLBACK")
        assert task.filter(done_at=None, error="OlderTransaction").exists()
    tasks.run_tasks()
    assert task.get().done_at


def test_what_is_erased_meanwhile_is_done_the_next_time(time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
    task = make_task()
    withdrawal = Withdrawal.objects.get()

    def erase(execute, sql, *arguments):
        if sql.startswith("VACUUM"):
            tasks.add_task(withdrawal, "vacuum")
        return execute(sql, *arguments)

    with connection.execute_wrapper(erase):
        tasks.run_tasks()
    assert [each.done_at is None for each in task.order_by("pk")] == [False, True]


def test_user_who_does_not_own_the_database_is_told(time_machine):
    time_machine.move_to(datetime(2026, 3, 11, 3, tzinfo=UTC))
    with pytest.raises(database_files.NotOwner), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE pg_monitor")
        database_files.vacuum_postgresql(cursor)
