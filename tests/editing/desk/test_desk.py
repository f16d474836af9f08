"""The desk on the first page of the admin: what each of its lists has, for whom, and in how many queries.

`writer` is a client whose user may edit the section `own` alone; `elsewhere` is another section. On the
desk, a page of `own` has "Plain" in its title, and a page of `elsewhere` SECRET.
"""

import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Locale, Page, Workflow

from safeguarding.models import Release
from tests.support import admin_world, builders, missed_searches, queries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]

# With these fields, a story is not in the list of live stories that lack something.
FILED = {"countries": ["KE"], "themes": ["Debt"], "authors": ["Staff"]}
# The keys of the lists of pages. Each is in the address of its list.
KEYS = ("waiting", "changes", "scheduled", "drafts", "incomplete", "links", "helplines")


def desk(client):
    """Return {heading with count: texts of the rows} of the desk."""
    return lists_on(client.get("/admin/"))


def lists_on(first_page):
    panels = builders.parse(first_page).select("section[id^=desk-]")
    return {
        builders.text_of(panel.select_one("h2")): [*map(builders.text_of, panel.select("li"))]
        for panel in panels
    }


def rows_of(client, key):
    """Return the titles in the whole list with `key`."""
    pages = client.get(f"/admin/desk/{key}/").context["pages"]
    return [page.get_admin_display_title() for page in pages]


def make_scheduled(title, days, parent=None):
    page = builders.make_story(title, parent, live=False)
    page.go_live_at = timezone.now() + timedelta(days=days)
    page.save_revision().publish()
    return page


def link_to(page):
    return [{"type": "text", "value": f'<p><a linktype="page" id="{page.pk}">There</a></p>'}]


def checked(days):
    """Return a body with helplines: one was checked today, and one `days` ago."""
    days = [timezone.localdate() - timedelta(days=each) for each in (0, days)]
    return [{"type": "helplines", "value": {"helplines": [{"checked_on": str(day)} for day in days]}}]


def leave_alone(page, days=31):
    """Let `page` look as if it was last saved `days` ago. A draft is old after 30 days."""
    past = timezone.now() - timedelta(days=days)
    Page.objects.filter(pk=page.pk).update(latest_revision_created_at=past)


def ask_for_changes(page, moderator, comment):
    Workflow.objects.get().start(page, None).current_task_state.reject(user=moderator, comment=comment)


def fill(section, word):
    """Give each list of the desk a page of `section` with `word` in its title."""
    moderator = builders.make_user("Moderators", first_name="Odile", last_name=word)
    index = section.index
    Workflow.objects.get().start(builders.make_story(f"{word} waiting", index, live=False), moderator)
    asked = builders.make_story(f"{word} asked", index, live=False)
    ask_for_changes(asked, moderator, f"{word}: name the source.")
    make_scheduled(f"{word} later", 2, index)
    leave_alone(builders.make_story(f"{word} old", index, live=False))
    builders.make_story(f"{word} unfiled", index)
    gone = builders.make_story("Gone", index)
    builders.make_story(f"{word} links", index, body=link_to(gone), **FILED)
    gone.delete()
    builders.make_story(f"{word} number", index, body=checked(181), **FILED)


def test_desk_lists_what_needs_its_user(writer, admin_client, own, elsewhere):
    assert desk(writer) == {}
    own.make_all()  # also the live story "Changed story of Own" and the scheduled one "Plain tomorrow"
    fill(own, "Plain")
    fill(elsewhere, admin_world.SECRET)
    missed_searches.make_reported("kafala", count=12)
    first_page = writer.get("/admin/")
    lists = lists_on(first_page)
    scheduled = lists.pop("Scheduled this week (2)")
    assert [row.partition(" – Live: ")[0] for row in scheduled] == ["Plain tomorrow", "Plain later"]
    assert lists == {  # an editor is not asked to moderate
        "Changes asked (1)": ["Plain asked – Odile Plain: Plain: name the source."],
        "Drafts left alone for a month (1)": ["Plain old"],
        "Live stories that lack something (2)": [
            "Plain unfiled – Lacks: theme, country, author",
            "Changed story of Own – Lacks: theme, country, author",
        ],
        "Links to pages that are gone or not public (1)": ["Plain links – 1 link"],
        "Helplines not checked for 180 days (1)": ["Plain number"],
        "Searches without result (1)": ["kafala – on 12 days"],
    }
    assert admin_world.SECRET not in first_page.text
    for key in KEYS:
        assert admin_world.SECRET not in writer.get(f"/admin/desk/{key}/").text, key
        # An administrator sees the lists of all sections.
        assert admin_world.SECRET in admin_client.get(f"/admin/desk/{key}/").text, key


@pytest.mark.sqlite_only
def test_moderator_finds_what_waits_for_them(client, own):
    client.force_login(admin_world.make_role("moderator", own))
    sender = own.waiting.requested_by
    [row] = desk(client)["Waiting for you (1)"]
    assert row == f"Plain draft – Sent by {sender.username}. Nothing about its people is missing."
    Release.objects.filter(page=own.draft).update(until=None)
    [row] = desk(client)["Waiting for you (1)"]
    assert row.endswith(f"{sender.username}. It waits because of its people: open it to see for whom.")
    assert rows_of(client, "waiting") == ["Plain draft"]
    own.waiting.current_task_state.approve(user=builders.make_user(is_superuser=True))
    assert "waiting" not in str(desk(client)).lower()


@pytest.mark.sqlite_only
def test_old_drafts_are_those_that_wait_for_nobody(admin_client):
    # An import keeps the date at which the old site published a story. This site never published it.
    drafts = {"Imported": {"first_published_at": timezone.now()}, "Changed": {"live": True}}
    # Somebody unpublished "Taken back" on purpose, so it is no forgotten draft.
    drafts |= {"Taken back": {"live": True}, "Old": {}, "New": {}, "Waiting": {}, "Asked": {}}
    pages = {title: builders.make_story(title, **{"live": False} | how) for title, how in drafts.items()}
    pages["Home"] = builders.home_page()
    pages["Home"].save_revision()
    pages["Later"] = make_scheduled("Later", 90)
    pages["Changed"].save_revision()
    Workflow.objects.get().start(pages["Waiting"], None)
    ask_for_changes(pages["Asked"], builders.make_user("Moderators"), "Shorter.")
    pages["Taken back"].unpublish()
    for title, page in pages.items():
        leave_alone(page, 29 if title == "New" else 31)
    assert sorted(rows_of(admin_client, "drafts")) == ["Changed", "Home", "Imported", "Old"]


@pytest.mark.sqlite_only
def test_scheduled_pages_are_those_of_a_week_in_their_order(admin_client):
    now = timezone.now()
    for days in (6, 8):
        make_scheduled(f"Live in {days}", days)
        builders.make_story(f"Off in {days - 1}", expire_at=now + timedelta(days=days - 1))
    # Nobody approved the schedule of this one.
    builders.make_story("Draft", live=False, go_live_at=now + timedelta(days=2))
    assert rows_of(admin_client, "scheduled") == ["Off in 5", "Live in 6", "Off in 7"]


@pytest.mark.sqlite_only
def test_incomplete_stories_are_live_and_say_what_they_lack(admin_client):
    image = builders.make_image()
    pictured = {"lead_image": image, "lead_image_alt": "A road", **FILED}
    builders.make_story("Complete", **pictured)
    builders.make_story("Draft", live=False)
    # make_story() would refuse it without the text.
    builders.save_with(builders.make_story("No text", **pictured), check=False, lead_image_alt="")
    gallery = builders.pictures_block(image)
    gallery["value"]["pictures"][0]["image"]["alt_text"] = ""
    builders.make_story("No text in the body", body=[gallery], **FILED)
    for part in FILED:
        builders.make_story(f"No {part}", **{name: given for name, given in FILED.items() if name != part})
    lacking = {"No text": "alternative text", "No text in the body": "alternative text"}
    lacking |= {"No countries": "country", "No themes": "theme", "No authors": "author"}
    shown = desk(admin_client)["Live stories that lack something (5)"]
    assert set(shown) == {f"{title} – Lacks: {what}" for title, what in lacking.items()}


@pytest.mark.sqlite_only
def test_dead_links_lead_to_pages_that_visitors_do_not_get(admin_client):
    index = builders.make_index()
    targets = {"gone": builders.make_story("Gone", index)}
    targets |= {title: builders.make_story(title, index, **FILED) for title in ("public", "private")}
    targets["draft"] = builders.make_story("Draft", index, live=False)
    builders.make_private(targets["private"])
    for name, target in targets.items():
        builders.make_story(f"To {name}", index, body=link_to(target), **FILED)
        body = [{"type": "action", "value": {"label": "Go", "page": target.pk}}]
        builders.make_plain_page(f"Plain to {name}", body=json.dumps(body))
    builders.make_story("Draft to draft", index, body=link_to(targets["draft"]), live=False)
    targets["gone"].delete()
    dead = [f"{kind} {name}" for kind in ("Plain to", "To") for name in ("draft", "gone", "private")]
    assert rows_of(admin_client, "links") == dead
    shown = desk(admin_client)["Links to pages that are gone or not public (6)"]
    assert shown == [f"{title} – 1 link" for title in dead[:5]]  # the most that the desk shows of a list


@pytest.mark.sqlite_only
def test_helplines_are_checked_again_after_180_days_the_oldest_check_first(admin_client):
    for days in (180, 181, 300):
        builders.make_story(f"Story of {days}", body=checked(days), **FILED)
    builders.make_plain_page("Help", body=json.dumps(checked(200)))
    builders.make_story("Draft", body=checked(400), live=False)
    assert rows_of(admin_client, "helplines") == ["Story of 300", "Help", "Story of 181"]


@pytest.mark.sqlite_only
def test_number_of_queries_does_not_grow_with_the_pages(client, own, committed):
    """Neither on the desk nor in the other lists of pages."""
    users = {role: admin_world.make_role(role, own) for role in ("editor", "moderator")}
    Locale.objects.create(language_code="fr")  # for the report of translations
    lists = ["/admin/", "/admin/stories/", reverse("translation_report")]
    lists += [f"/admin/pages/{own.live.pk}/history/", *(f"/admin/desk/{key}/" for key in KEYS)]

    def make_more():
        fill(own, "Plain")
        for user in users.values():  # for Wagtail's list of what a user sent to moderators
            Workflow.objects.get().start(builders.make_story(None, own.index, live=False, **FILED), user)
            builders.make_story(None, own.index, **FILED).save_revision(user=user)
            own.live.save_revision(user=user, log_action=True)

    def count_all():
        counts = {}
        for role, user in users.items():
            client.force_login(user)
            for address in lists:
                client.get(address)  # fills the caches, which a change empties
                counts[role, address] = queries.count_queries(client, address)[0]
        return counts

    make_more()
    counts = count_all()
    make_more()
    assert count_all() == counts
    # As measured with two languages. If a change adds queries, give the reason in its commit.
    assert [counts["editor", address] for address in lists[:3]] == [46, 34, 25]
    assert counts["moderator", "/admin/"] == 46
