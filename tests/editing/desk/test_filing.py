"""The bulk action of the list of stories that gives several of them a theme or an author."""

import pytest
from wagtail import hooks
from wagtail.models import Page

from safeguarding.models import Decision, Withdrawal
from stories.models import StoryPage
from tests.editing.desk.test_held import address
from tests.support import admin_world, people
from tests.support.builders import client_of, make_author, make_story, make_theme, make_user, parse, save_with
from tests.support.people import make_agreeing_person, make_story_about
from tests.support.translations import make_pair

pytestmark = pytest.mark.django_db


def file(client, *pages, **data):
    """Carry out the action with `data`, whose terms are objects. Return the text of the next page."""
    data = {name: getattr(each, "pk", each) for name, each in data.items()}
    return client.post(address(*pages, action="file_under"), data, follow=True).text


def filed(story):
    """Return the names of the themes and authors (of what is live, of the newest version)."""
    story = StoryPage.objects.get(pk=story.pk)
    versions = [story, story.get_latest_revision_as_object()]
    return tuple(" ".join(term.name for term in [*each.themes, *each.authors]) for each in versions)


def test_stories_are_filed_and_only_what_is_live_already_is_public(moderator):
    debt, staff = make_theme("Debt"), make_author("Staff")
    live, draft = make_story(themes=["Work"]), make_story(live=False, authors=["Staff"])
    changed, by_editor = make_story(), make_story()
    changed.save_revision(clean=False)
    file(client_of(make_user("Editors")), by_editor, theme=debt)
    assert filed(by_editor) == ("", "Debt")  # Editors may not publish.
    text = file(moderator, live, draft, changed, theme=debt, author=staff)
    assert "Changed: 3." in text and "not public yet: 2." in text
    assert filed(live) == ("Work Debt Staff",) * 2
    assert filed(draft) == ("Debt Staff",) * 2 and not StoryPage.objects.get(pk=draft.pk).live
    assert filed(changed) == ("", "Debt Staff")
    assert "Changed: 0." in file(moderator, live, theme=debt)
    assert "Changed: 1." in file(moderator, live, theme=debt, replace="on")
    assert filed(live) == ("Debt Staff",) * 2


def test_a_change_made_while_the_action_runs_is_kept(moderator):
    story = make_story("A road", summary="Amina fled.")

    def change(*options):
        story.summary = "She fled."
        story.save_revision(clean=False).publish()

    with hooks.register_temporarily("before_bulk_action", change):
        file(moderator, story, theme=make_theme("Debt"))
    assert StoryPage.objects.get().summary == "She fled." and filed(story) == ("Debt", "Debt")


def test_theme_of_another_language_is_replaced_by_its_version_in_that_of_the_story(moderator):
    english, french = make_pair()
    save_with(make_theme("Debt").copy_for_translation(french.locale), name="Dette", slug="")
    for theme in ("Debt", "Wages"):
        text = file(moderator, english, french, theme=make_theme(theme))
    assert "does not exist in the language of" in text and french.title in text and "Changed: 1." in text
    assert (filed(english)[1], filed(french)[1]) == ("Debt Wages", "Dette")


def test_what_can_not_be_filed_is_named_with_the_reason(own, elsewhere):
    person = make_agreeing_person()
    decided, held, locked = (make_story_about(person, title=title, parent=own.index) for title in "ABC")
    people.decide(decided, person, Decision.Ground.OTHER)
    Withdrawal.objects.create(code="P-2222").tasks.create(step="purge", data={"page": held.pk})
    Page.objects.filter(pk=locked.pk).update(locked=True, locked_by=make_user("Moderators"))
    pages = [decided, held, own.index, locked, elsewhere.live]
    reasons = ["The safeguarding team", "First take out", "It is no story", *["You may not edit it"] * 2]
    client = client_of(admin_world.make_role("editor", own))
    text = parse(client.get(address(own.live, *pages, action="file_under"))).text
    assert all(f"{page.draft_title}: {why}" in text for page, why in zip(pages, reasons, strict=True))
    file(client, own.live, *pages, theme=make_theme("Debt"))
    stories = [own.live, decided, held, locked, elsewhere.live]
    assert [filed(each)[1] for each in stories] == ["Debt", *[""] * 4]
