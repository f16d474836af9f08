"""The pages of a withdrawal in the admin: the list, the confirmation, and the report."""

import pytest
from django.core.management import call_command
from wagtail.models import PageLogEntry

from caching.local_date import today
from safeguarding.models import Contributor, RestrictedView, Withdrawal, WithdrawalTask
from stories.models import StoryPage
from tests.support import builders, leads, people, withdrawal_world
from tests.support.builders import parse, text_of
from tests.support.withdrawal_world import NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]


def confirm(lead, page, form):
    """Send `form`, with the rows ticked whose text has "Author". Return the response."""
    data = {each["name"]: each["value"] for each in form.select("input[type=hidden]")}
    ticked = [each["value"] for each in form.select("input[name=yes]") if "Author" in each.parent.text]
    return lead.post(page, data | {"yes": ticked}, follow=True)


def test_lead_withdraws_a_person_and_prints_the_report(lead, django_capture_on_commit_callbacks):
    person = withdrawal_world.make_named_person()
    with withdrawal_world.without_words(person):
        story = withdrawal_world.make_story_about(person, title=f"{NAME} walks", body=[])
    # confirm() ticks the first one only.
    builders.make_author(f"Author {NAME}")
    builders.make_author(f"Somebody {NAME}")
    page = leads.address(person, "withdraw")
    assert NAME not in lead.get(page).text, "no link shows names"
    assert not Withdrawal.objects.exists()
    assert not RestrictedView.objects.exists()

    response = lead.post(page)
    assert NAME in response.text
    assert "no-store" in response["Cache-Control"]
    looks = RestrictedView.objects.values_list("contributor", "user", "reason")
    assert list(looks) == [(person.pk, lead.user.pk, "consent")]
    form = parse(response).select_one("main form[method=post]")
    headings = [each.text for each in form.select("h3")]
    assert {"Pages that are erased (1)", "Texts: authors (2)"} <= set(headings)
    # If somebody adds a name meanwhile, the lead sees the list again, and nothing is erased.
    builders.make_author(f"Author {NAME} B.")
    response = confirm(lead, page, form)
    assert "Something else is found now" in response.text
    assert StoryPage.objects.filter(pk=story.pk).exists()

    form = parse(response).select_one("main form[method=post]")
    with django_capture_on_commit_callbacks(execute=True):
        report = confirm(lead, page, form)
    assert Withdrawal.objects.get().user == lead.user
    assert not StoryPage.objects.filter(pk=story.pk).exists()
    rows = {row.th.text: [each.text for each in row.select("td")] for row in parse(report).select("tbody tr")}
    # Those that were erased, and those that were left.
    assert rows["Pages that are erased"] == ["1", "0"]
    assert rows["Texts: authors"] == ["2", "1"]
    assert f"by {lead.user.username}" in report.text
    assert "Not complete yet" in report.text
    assert NAME not in report.text
    for _twice in range(2):  # The nightly work adds a task.
        call_command("run_due_work")
    # "vacuum" can't run in the transaction of the test.
    WithdrawalTask.objects.filter(done_at=None).update(failures=2, error="PermissionError")
    left = parse(lead.get(report.request["PATH_INFO"])).select("main > ul")[0]
    assert [text_of(each) for each in left.select("li")] == [
        "Erase it from the database’s files, which can wait for the night: failed 2 times (PermissionError)"
    ]


def test_withdrawals_are_listed_and_found_by_code(lead):
    withdrawal = Withdrawal.objects.create(code="P-7K3M", user=lead.user)
    for search, is_found in (("", True), ("results/?q=7k3m", True), ("results/?q=P-0000", False)):
        page = parse(lead.get(f"/admin/safeguarding/withdrawals/{search}"))
        links = [each["href"] for each in page.select("table a")]
        assert (f"/admin/safeguarding/withdrawals/{withdrawal.pk}/" in links) == is_found


def test_log_entries_with_the_same_title_are_one_line(lead):
    person, home = withdrawal_world.make_named_person(), builders.home_page()
    for _number in range(2):
        # The data have no word of the person, so the line does not show them.
        PageLogEntry.objects.log_action(home, "wagtail.edit", title=f"Author {NAME}", data={"is_live": "no"})
    page = leads.address(person, "withdraw")
    form = parse(lead.post(page)).select_one("main form[method=post]")
    assert [text_of(each.parent) for each in form.select("input[name=yes]")] == [f"Author {NAME} (2)"]
    confirm(lead, page, form)
    labels = PageLogEntry.objects.filter(page=home.pk).values_list("label", flat=True)
    assert not [label for label in labels if NAME in label]


def test_report_says_what_a_held_page_waits_for(lead):
    person = withdrawal_world.make_named_person()
    withdrawal_world.make_shared(person, withdrawal_world.make_agreeing_person())
    form = parse(lead.post(leads.address(person, "withdraw"))).select_one("main form[method=post]")
    report = confirm(lead, leads.address(person, "withdraw"), form)
    assert "1 page is held until it is published without the person." in report.text
    assert "Complete: delete" not in report.text, "the leak check needs the words"
    held = parse(report).find("th", string="Pages that are held until they are published without it")
    # It is not erased from the files while an earlier version is still there, or a word has to be looked for.
    for waiting, fields in (("purge", ()), ("", ()), ("", Contributor.RESTRICTED_FIELDS)):
        Contributor.objects.update(**dict.fromkeys(fields, ""))
        WithdrawalTask.objects.exclude(step=waiting).update(done_at=Withdrawal.objects.get().confirmed_at)
        text = lead.get(report.request["PATH_INFO"]).text
        assert ("Erased from the database’s files on" in text) == bool(fields)
    # The columns are: erased, left.
    assert [each.text for each in held.find_next_siblings("td")] == ["0", "1"]


def test_words_that_a_text_holds_are_kept_until_a_lead_completes_the_withdrawal(lead):
    person = withdrawal_world.make_named_person()
    with withdrawal_world.without_words(person):
        story = builders.make_story(f"Like {NAME}")
    report = f"/admin/safeguarding/withdrawals/{withdrawal_world.withdraw_all(person).pk}/"
    assert lead.post(report).status_code == 302, "it is refused: the first tasks have to be done before"
    assert not WithdrawalTask.objects.filter(step="complete").exists()
    withdrawal_world.finish()
    assert Contributor.objects.get().names == person.names
    assert "Complete: delete names and words" in lead.get(report).text
    lead.post(report)
    assert "Delete names and protected words" in lead.get(report).text
    withdrawal_world.finish()
    gone = Contributor.objects.get()
    assert (gone.names, gone.protected_words) == ("", "")
    assert StoryPage.objects.get(pk=story.pk).title == f"Like {NAME}", "the text stays"
    assert "Complete: delete" not in lead.get(report).text


def test_without_the_key_the_list_says_that_no_words_were_looked_for(lead, settings):
    person = withdrawal_world.make_named_person()
    builders.make_author(f"Author {NAME}")
    settings.SAFEGUARDING_KEYS = []
    text = lead.post(leads.address(person, "withdraw")).text
    assert "protected words were not looked for" in text
    assert NAME not in text


def test_lead_ticks_where_removal_was_asked_for(lead):
    """The report never says that copies are gone."""
    person = people.make_agreeing_person({"where": ["website", "print"]})
    people.record(person, where=["website"])
    report = f"/admin/safeguarding/withdrawals/{withdrawal_world.withdraw_all(person).pk}/"
    editor = builders.client_of(builders.make_user("Moderators"))
    asks = [(editor, "search", {}), (lead, "nowhere", {}), (lead, "search", {"search": str(today())})]
    for user, name, asked in [*asks, (lead, "search", {})]:
        user.post(report, {"asked": name})
        rows = parse(lead.get(report)).select("main li:has([name=asked])")
        rows = {row.button["value"]: row.text for row in rows}
        assert Withdrawal.objects.get().asked == asked
        assert [key for key in rows if f"☑ {today()}" in rows[key]] == [*asked]
    assert {"search", "archives", "feeds", "paper", "backups", "print"} <= rows.keys(), "print: agreed once"
    assert "social" not in rows
    assert "Nobody can say that all copies are gone" in lead.get(report).text
