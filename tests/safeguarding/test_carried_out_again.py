"""A withdrawal is carried out again from the ledger: which pages are erased or held, and what a lead does.

The ledger is a file with digests of what was erased. A database that is restored has that again. A lead is a
member of the safeguarding team.
"""

import json
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from taggit.models import Tag
from wagtail.actions.copy_page import CopyPagePermissionError

from media.models import CleanImage
from safeguarding.models import Contributor, Ledger, PageHold, Withdrawal
from safeguarding.withdrawal import addresses, carry_out, ledger, page_holds
from stories.models import StoryPage
from tests.support import builders, leads, withdrawal_world
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.translations import make_index_in, make_translation
from tests.support.undone import undone

# The page on which a lead decides about each page that is held: whether it is what was erased.
PAGE = "/admin/safeguarding/withdrawals/after-restore/"


def catch_up(**fields):
    """Carry out the withdrawal of somebody whom the database does not know.

    `fields`: those of its entry in the ledger that differ. One that is None is missing in the entry.
    """
    ledger.write()
    entry = {"key": str(uuid.uuid4()), "code": "P-2222"}
    entry |= {"address": [], "picture": []} | fields
    entry = {name: value for name, value in entry.items() if value is not None}
    with ledger.file_path().open("a") as file:
        file.write(json.dumps(entry) + "\n")
    ledger.catch_up()


def digest(text):
    return addresses.digest_of(str(text), Ledger.get().salt)


def make_story_with_translation():
    """Return a story that lists nobody, and its translation, which has another address."""
    story = builders.make_story("Lamps", slug="lamps")
    fields = {"slug": "lampes", "summary": "Des lampes.", "body": story.body, "date": story.date}
    return story, make_translation(story, make_index_in("fr", slug="liste"), **fields)


def statuses(*pages):
    """Return what visitors get: 404 for what was erased or is held."""
    return [Client().get(page.url).status_code for page in pages]


def test_translation_goes_with_its_story():
    story, translation = make_story_with_translation()
    assert statuses(story, translation) == [200, 200]
    with undone():  # The code is missing in this entry.
        catch_up(code=None, address=[digest(story.url)])
        assert statuses(story, translation) == [404, 404]
    with undone():
        catch_up(story=[digest(story.translation_key)])
        assert not StoryPage.objects.filter(pk__in=[story.pk, translation.pk]).exists()
        assert statuses(story, translation) == [404, 404]
    catch_up(address=[digest(story.url)])
    assert statuses(story, translation) == [404, 404], "each is held until a lead decides"
    page_holds.erase_page(PageHold.objects.get(page=story))
    assert not StoryPage.objects.filter(pk__in=[story.pk, translation.pk]).exists()


def test_story_with_somebody_else_in_it_is_held_and_not_erased():
    """In the backup, it may have people who were taken out of it before it was erased."""
    story = make_story_about(make_agreeing_person())
    catch_up(story=[digest(story.translation_key)])
    assert statuses(story) == [404]
    assert PageHold.objects.get().page_id == story.pk


@pytest.mark.sqlite_only
def test_story_that_may_be_of_two_people_waits_for_both_decisions(lead):
    story, translation = make_story_with_translation()
    for code in ("P-2222", "P-3333"):
        catch_up(code=code, address=[digest(story.url)])
    with undone():  # Only what is held because of the same person is erased with a story.
        page_holds.release_page(PageHold.objects.get(page=translation, code="P-2222"), lead.user)
        page_holds.erase_page(PageHold.objects.get(page=story, code="P-2222"))
        assert StoryPage.objects.get().pk == translation.pk
    first, second = PageHold.objects.filter(page=story).order_by("pk")
    told = "The story is no longer held."
    # "other" says that the story is another one than the erased one.
    assert told not in lead.post(PAGE, {"other": first.pk}, follow=True).text
    assert statuses(story) == [404]
    assert told in lead.post(PAGE, {"other": second.pk}, follow=True).text
    assert statuses(story) == [200]


@pytest.mark.sqlite_only
def test_two_leads_decide_at_the_same_moment(lead):
    story, _translation = make_story_with_translation()
    catch_up(address=[digest(story.url)])
    acts = [page_holds.erase_page, lambda hold: page_holds.release_page(hold, lead.user)]
    for first, second in (acts, acts[::-1]):
        with undone():
            # Each lead has loaded the hold before the other one decides.
            holds = [PageHold.objects.get(page=story) for _each in acts]
            assert [first(holds[0]), second(holds[1])] == [True, False]
            assert StoryPage.objects.filter(pk=story.pk).exists() == (second is page_holds.erase_page)


@pytest.mark.sqlite_only
def test_held_page_is_not_copied():
    """No withdrawal would hold or change a copy."""
    story, _translation = make_story_with_translation()
    index = make_index_in("es", slug="lista")
    with undone():
        catch_up(address=[digest(story.url)])
        assert_not_copied(StoryPage.objects.get(pk=story.pk), index)
    # A story with somebody else in it is held until it is published without the person who withdrew.
    first, second = make_agreeing_person(), make_agreeing_person()
    shared = make_story_about(first, second)
    carry_out.withdraw(first)
    assert_not_copied(StoryPage.objects.get(pk=shared.pk), index)
    assert story.copy(update_attrs={"slug": "others"}).live, "it is no longer held"


def assert_not_copied(story, index):
    parent = builders.make_index()
    with pytest.raises(CopyPagePermissionError):
        story.copy(update_attrs={"slug": "copy"})
    with pytest.raises(CopyPagePermissionError):
        parent.copy(recursive=True, update_attrs={"slug": "section"})
    with pytest.raises(CopyPagePermissionError):
        story.copy_for_translation(index.locale)


def test_erased_picture_that_no_page_shows_is_known_by_its_digest():
    erased, other = builders.make_image(), builders.make_image(size=(32, 24))
    catch_up(picture=[digest(erased.file_hash)])
    assert list(CleanImage.objects.all()) == [other]


@pytest.mark.sqlite_only
def test_lead_is_not_told_that_the_hold_ended_while_the_ledger_is_missing(lead):
    other = make_story_about(make_agreeing_person())
    ledger.write()
    ledger.file_path().unlink()
    ledger.hold_everybody("A reason.")
    Ledger.objects.update(failures="P-2222 (KeyError)")
    told = "What the consents allow is shown again."
    assert told not in lead.post(PAGE, {"again": 1}, follow=True).text  # try what failed again
    assert statuses(other) == [404]
    # The lead confirms that nobody withdrew.
    assert told in lead.post(PAGE, follow=True).text
    assert statuses(other) == [200]


@pytest.mark.sqlite_only
def test_person_who_is_taken_down_while_everybody_is_held_stays_so(lead):
    person, other = make_agreeing_person(), make_agreeing_person()
    stories = [make_story_about(person), make_story_about(other)]
    ledger.hold_everybody("A reason.")
    take_down = reverse("safeguarding_people:take_down", args=[person.pk])
    assert take_down in lead.get(reverse("safeguarding_people:inspect", args=[person.pk])).text
    assert take_down not in lead.post(take_down, follow=True).text
    with undone():
        lead.post(PAGE)  # The lead confirms that nobody withdrew.
        assert statuses(*stories) == [404, 200]
    told = lead.post(leads.address(person, "bring_back"), {"back_note": "Yes."}, follow=True).text
    assert "Withdrawals may be missing since a restore." in told
    assert statuses(*stories) == [404, 404], "everybody is still held"
    lead.post(PAGE)
    assert statuses(*stories) == [200, 200]


def test_desk_lists_what_was_ticked_before_a_restore_and_the_words_are_kept(lead):
    person = withdrawal_world.make_named_person()
    author = builders.make_author(f"{withdrawal_world.NAME} A.")
    make_story_about(person, slug=withdrawal_world.SLUG)
    for name in (withdrawal_world.CONTACT, f"As in {withdrawal_world.HOME}", "To amina@example.org"):
        Tag.objects.create(name=name)
    Contributor.objects.update(contact=f"{withdrawal_world.CONTACT}\nor amina@example.org")
    with undone():
        withdrawal_world.withdraw_all(person)
        ledger.write()
        author.refresh_from_db()
        assert withdrawal_world.NAME not in author.name
    ledger.catch_up()
    author.refresh_from_db()
    assert withdrawal_world.NAME in author.name, "the restore has brought it back"
    told, link = "What you ticked for this withdrawal may be back.", leads.address(person, "withdraw")
    desk = lead.get("/admin/").text
    assert told in desk and link in desk
    withdrawal_world.finish()
    assert Contributor.objects.get().names, "the list is made with them"
    withdrawal_world.withdraw_all(Contributor.objects.get())
    assert not Tag.objects.exists(), "also by the contact and the address of the erased story"
    assert told in lead.get("/admin/").text, "no lead has confirmed it"
    Withdrawal.objects.filter(pk=Withdrawal.objects.latest("pk").pk).update(user=lead.user)
    assert told not in lead.get("/admin/").text
    author.refresh_from_db()
    assert withdrawal_world.NAME not in author.name
    withdrawal_world.finish()
    assert not Contributor.objects.get().names
