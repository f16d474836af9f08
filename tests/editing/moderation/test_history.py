"""The history says what became of each version, folds saves in a row, and can forget old versions."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Comment, PageLogEntry, Revision, Workflow

from safeguarding.withdrawal.pages import overwrite
from safeguarding.withdrawal_models import Withdrawal
from tests.support import builders, choosing

pytestmark = pytest.mark.django_db

MORNING = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.UTC)


@pytest.fixture
def writing(time_machine):
    """A story. Its save_as(user, title, minute, day=0) saves a version at a time counted from MORNING.

    As autosaves do, `overwrite` saves an existing version again.
    """
    time_machine.move_to(MORNING, tick=False)
    story = builders.make_story("Version 0", live=False)

    def save(user, title, minute, day=0, overwrite=None):
        time_machine.move_to(MORNING + datetime.timedelta(days=day, minutes=minute), tick=False)
        story.title = title
        return story.save_revision(user=user, log_action=True, clean=False, overwrite_revision=overwrite)

    story.save_as = save
    return story


def address_of(story, name="history"):
    return reverse(f"wagtailadmin_pages:{name}", args=[story.pk])


def rows_of(client, story, query=""):
    """Return (what is said, what became of the version, {label: address} of the actions) of each line."""
    page = builders.parse(client.get(f"{address_of(story, 'history_results')}{query}"))
    rows = []
    for row in page.select("tbody tr"):
        marks = row.select_one(".w-status")
        links = {link.get_text(strip=True): link["href"] for link in row.select("td a[href*=revisions]")}
        said = row.select_one(".w-flex.w-gap-2").find(string=True).strip()
        rows.append((said, marks.get_text(strip=True) if marks else "", links))
    return rows


@pytest.mark.sqlite_only
def test_saves_of_one_user_on_one_day_are_one_line(admin_client, writing):
    amina, bela = builders.make_user(username="amina"), builders.make_user(username="bela")
    start = writing.revisions.get()
    versions = [writing.save_as(amina, f"Version {minute}", minute) for minute in (1, 5, 30)]
    other = writing.save_as(bela, "Version of Bela", 40)
    next_day = writing.save_as(bela, "Next day", 0, day=1)
    rows = rows_of(admin_client, writing)
    folded = "Draft saved, with 2 earlier saves since 9:01 a.m."
    assert [row[0] for row in rows] == ["Draft saved", "Draft saved", folded, "Created"]
    compare = "Compare with previous version"
    assert f"/{other.pk}...{next_day.pk}/" in rows[0][2][compare]
    assert f"/{versions[2].pk}...{other.pk}/" in rows[1][2][compare]
    assert compare not in rows[2][2]  # The version before it, `start`, has no line of its own.

    everything = rows_of(admin_client, writing, "?every_save=1")
    assert [row[0] for row in everything] == ["Draft saved"] * 5 + ["Created"]
    assert any(f"/{start.pk}...{versions[0].pk}/" in row[2].get(compare, "") for row in everything)
    # A version that is saved again is still compared with the one before it.
    writing.save_as(bela, "Next day", 0, day=2, overwrite=next_day)
    for _said, _marks, links in rows_of(admin_client, writing)[:2]:
        assert f"/{other.pk}...{next_day.pk}/" in links[compare]


@pytest.mark.sqlite_only
def test_what_became_of_a_version_stands_on_its_line(admin_client, writing):
    amina, moderator = builders.make_user(username="amina"), builders.make_user("Moderators")
    refused = writing.save_as(amina, "Refused", 1)
    state = Workflow.objects.get().start(writing, amina)
    state.current_task_state.reject(user=moderator, comment="Shorter.")
    approved = writing.save_as(amina, "Approved", 2)
    state.refresh_from_db()
    state.resume(amina)
    state.refresh_from_db()
    state.current_task_state.approve(user=moderator)
    writing.refresh_from_db()
    writing.go_live_at = timezone.now() + datetime.timedelta(days=30)
    writing.save_as(amina, "Later", 3).publish(user=moderator)
    writing.refresh_from_db()
    writing.save_as(amina, "Draft", 4)

    rows = rows_of(admin_client, writing)
    saves = [row[1] for row in rows if row[0].startswith("Draft saved")]
    assert saves[:2] == ["Current draft", "Scheduled"]
    assert saves[2:] == ["Submitted, Approved, Live", "Submitted, Changes requested"]

    address = f"/admin/pages/{writing.pk}/revisions/compare/{refused.pk}...{approved.pk}/"
    text = builders.parse(admin_client.get(address)).select_one(".compared-versions").get_text()
    assert "09:01 UTC by amina (Submitted, Changes requested)" in text
    assert "09:02 UTC by amina (Submitted, Approved, Live)" in text


def make_old_versions(writing, user):
    """Save versions that are needed and old ones, and return (those that are needed, the old ones)."""
    old = [writing.revisions.get(), writing.save_as(user, "Approved once", 1)]
    Workflow.objects.get().start(writing, user).current_task_state.approve(user=user)
    writing.refresh_from_db()
    live = writing.save_as(user, "Live", 2)
    live.publish(user=user)
    writing.refresh_from_db()
    old.append(writing.save_as(user, "Old", 3))
    writing.go_live_at = timezone.now() + datetime.timedelta(days=30)
    scheduled = writing.save_as(user, "Scheduled", 4)
    scheduled.publish(user=user)
    writing.refresh_from_db()
    writing.go_live_at = None
    waiting = writing.save_as(user, "Waiting", 5)
    Workflow.objects.get().start(writing, user)
    old.append(writing.save_as(user, "Between", 6))
    return [live, scheduled, waiting, writing.save_as(user, "Latest", 7)], old


def test_old_versions_that_nothing_needs_are_forgotten(admin_client, writing):
    user = builders.make_user("Moderators", username="amina")
    needed, old = make_old_versions(writing, user)
    other = builders.make_story("Another story", live=False).revisions.get()
    Comment.objects.create(page=writing, user=user, text="?", contentpath="title", revision_created=old[2])
    history, forget = address_of(writing), reverse("forget_versions", args=[writing.pk])
    assert forget in admin_client.get(history).text

    assert "4 old versions of this page can be forgotten." in choosing.text_of(admin_client.get(forget))
    assert writing.revisions.count() == 8
    response = admin_client.post(forget, follow=True)

    assert "4 old versions forgotten" in choosing.text_of(response)
    assert set(writing.revisions.all()) == set(needed)
    assert Revision.objects.filter(pk=other.pk).exists()
    # A comment on a forgotten version is one on the next version that stays.
    assert Comment.objects.get().revision_created == needed[1]
    entry = PageLogEntry.objects.get(action="editing.forget_versions")
    assert (entry.page_id, entry.user.username, entry.data) == (writing.pk, "admin", {"count": 4})
    assert forget not in admin_client.get(history).text
    # No link leads to a forgotten version. Its line in the history stays.
    rows = rows_of(admin_client, writing, "?every_save=1")
    addresses = {address for _said, _marks, links in rows for address in links.values()}
    assert len(addresses) > 5, "the lines have links"
    linked = {int(key) for each in addresses for key in re.findall(r"\d+", each.partition("/revisions/")[2])}
    assert linked == {version.pk for version in needed}
    # The first of the eight versions has no line of its own. The line "Created" is about the page.
    assert len([said for said, _marks, _links in rows if said == "Draft saved"]) == 7
    for name in ("workflow_history", "edit"):
        assert admin_client.get(address_of(writing, name)).status_code == 200
    # A withdrawal replaces the label of the entry and deletes the number. The history still shows the entry.
    overwrite(PageLogEntry.objects.filter(pk=entry.pk), Withdrawal(code="SR-1"))
    entry.refresh_from_db()
    assert (entry.label, entry.data) == ("SR-1", {})
    assert rows_of(admin_client, writing)[0][0] == "Forget old versions"
    for state in writing.workflow_states.all():
        address = reverse("wagtailadmin_pages:workflow_history_detail", args=[writing.pk, state.pk])
        assert admin_client.get(address).status_code == 200
