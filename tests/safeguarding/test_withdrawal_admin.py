"""The pages of a withdrawal in the admin: the choice, the list, the confirmation, and the report."""

import pytest
from django.core.management import call_command
from wagtail.models import PageLogEntry

from safeguarding.models import RestrictedView, Withdrawal, WithdrawalTask
from safeguarding.scopes import Naming
from stories.models import StoryPage
from tests.support import builders, withdrawal_world
from tests.support.builders import parse
from tests.support.leads import address
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
    page = address(person, "withdraw")
    choices = [each["value"] for each in parse(lead.get(page)).select("input[name=choice]")]
    assert choices == ["everything", "pictures", "name"]
    assert "Select a valid choice" in lead.get(f"{page}?choice=all").text
    assert lead.post(page, {"choice": "all"}).status_code == 302
    assert not RestrictedView.objects.exists()

    response = lead.get(f"{page}?choice=everything")
    assert NAME in response.text
    assert "no-store" in response["Cache-Control"]
    looks = RestrictedView.objects.values_list("contributor", "user", "reason")
    assert list(looks) == [(person.pk, lead.user.pk, "consent")]
    form = parse(response).select_one("form[method=post]")
    headings = [each.text for each in form.select("h3")]
    assert {"Pages that are erased (1)", "Texts: authors (2)"} <= set(headings)
    # If somebody adds a name meanwhile, the lead sees the list again, and nothing is erased.
    builders.make_author(f"Author {NAME} B.")
    response = confirm(lead, page, form)
    assert "Something else is found now" in response.text
    assert StoryPage.objects.filter(pk=story.pk).exists()

    form = parse(response).select_one("form[method=post]")
    with django_capture_on_commit_callbacks(execute=True):
        report = confirm(lead, page, form)
    withdrawal = Withdrawal.objects.get()
    assert withdrawal.user == lead.user
    assert not StoryPage.objects.filter(pk=story.pk).exists()
    rows = {row.th.text: [each.text for each in row.select("td")] for row in parse(report).select("tbody tr")}
    # Those that were erased, and those that were left.
    assert rows["Pages that are erased"] == ["1", "0"]
    assert rows["Texts: authors"] == ["2", "1"]
    assert f"by {lead.user.username}" in report.text
    assert "Not complete yet" in report.text
    assert NAME not in report.text
    call_command("run_due_work")
    # "vacuum" can't run in the transaction of the test.
    WithdrawalTask.objects.filter(done_at=None).update(failures=2, error="PermissionError")
    left = parse(lead.get(report.request["PATH_INFO"])).select("main > ul")[0]
    assert [each.text for each in left.select("li")] == [
        "Erase it from the database’s files, which can wait for the night: failed 2 times, "
        "a file could not be reached (for your technician: PermissionError)"
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
    page = address(person, "withdraw")
    form = parse(lead.get(f"{page}?choice=everything")).select_one("form[method=post]")
    lines = [each.parent.text.strip() for each in form.select("input[name=yes]")]
    assert lines == [f"Author {NAME} (2)"]
    confirm(lead, page, form)
    labels = PageLogEntry.objects.filter(page=home.pk).values_list("label", flat=True)
    assert not [label for label in labels if NAME in label]


def test_report_on_a_name_says_what_a_held_page_waits_for(lead):
    person = withdrawal_world.make_named_person()
    withdrawal_world.make_story_about(person, naming=Naming.REAL)
    form = parse(lead.get(f"{address(person, 'withdraw')}?choice=name")).select_one("form[method=post]")
    report = confirm(lead, address(person, "withdraw"), form)
    assert "1 page is held back until it is published without what was taken back." in report.text
    held = parse(report).find("th", string="Pages that are held until they are published without it")
    # It is not erased from the files while an earlier version is still there.
    for waiting in ("purge", ""):
        WithdrawalTask.objects.exclude(step=waiting).update(done_at=Withdrawal.objects.get().confirmed_at)
        text = lead.get(report.request["PATH_INFO"]).text
        assert ("Erased from the database’s files on" in text) == (not waiting)
    # The columns are: erased, left.
    assert [each.text for each in held.find_next_siblings("td")] == ["0", "1"]


def test_without_the_key_the_list_says_that_no_words_were_looked_for(lead, settings):
    person = withdrawal_world.make_named_person()
    builders.make_author(f"Author {NAME}")
    settings.SAFEGUARDING_KEYS = []
    page = f"{address(person, 'withdraw')}?choice=everything"
    text = lead.get(page).text
    assert "protected words were not looked for" in text
    assert NAME not in text
