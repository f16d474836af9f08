"""An editor gives a story countries, themes and authors by typing, on a wide and on a narrow screen."""

import pytest
from playwright.sync_api import expect

from tests.browser import admin
from tests.support import builders
from tests.support.accessibility import run_axe

pytestmark = pytest.mark.sqlite_only


def lines(panel):
    """Return the terms that are chosen in `panel`."""
    return panel.locator("[data-inline-panel-child]").locator("visible=true")


def axe_of_panels(tab):
    """Return what axe finds in the panels of terms. Other parts of the form are Wagtail's."""
    # In a lower window, the bar at its foot may cover a button, depending on how far the page is scrolled.
    tab.set_viewport_size({"width": 1400, "height": 4000})
    return run_axe(tab, within="section.w-panel:has([name^=story_])")


def test_terms_are_found_made_and_ordered(tab, live_server, without_autosaves):
    builders.make_theme("Debt bondage")
    builders.make_author("Amina Sow")
    story = builders.make_story("Filed", countries=["SN"], live=False)
    admin.open_editor(tab, live_server.url, builders.make_user("Editors"), story)

    choose_countries(tab, admin.field(tab, "Countries"))
    make_a_theme(tab, admin.field(tab, "Themes"))
    make_an_author(tab, admin.field(tab, "Authors"))
    assert axe_of_panels(tab) == []

    admin.footer(tab, "Save draft")
    expect(tab.get_by_role("status")).to_contain_text("Not chosen, so not saved: guine")
    story.refresh_from_db()
    draft = story.get_latest_revision_as_object()
    assert [link.country_id for link in draft.story_countries.all()] == ["KE", "SN"]
    assert [link.theme.name for link in draft.story_themes.all()] == ["Debt", "Debt bondage"]
    assert [f"{link.author}" for link in draft.story_authors.all()] == ["Amina Diallo, Lawyer, Dakar"]
    admin.expect_editor(tab)
    tab.set_viewport_size({"width": 390, "height": 800})
    for panel in (admin.field(tab, name) for name in ("Countries", "Themes", "Authors")):
        for control in [panel.get_by_role("combobox"), *lines(panel).get_by_role("button").all()]:
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 390


def choose_countries(tab, panel):
    search = panel.get_by_role("combobox", name="Type a name")
    search.focus()
    tab.keyboard.type("ken")
    expect(panel.get_by_role("option").first).to_have_text("Kenya")
    expect(search).to_have_attribute("aria-expanded", "true")
    tab.keyboard.press("ArrowDown")
    expect(panel.get_by_role("option", name="Kenya")).to_have_attribute("aria-selected", "true")
    assert axe_of_panels(tab) == []
    tab.keyboard.press("Enter")
    expect(lines(panel)).to_have_count(2)
    expect(lines(panel).last).to_contain_text("Kenya")
    expect(search).to_be_focused()
    expect(search).to_have_value("")
    expect(panel).to_contain_text("Added: Kenya")
    # Escape closes the list, Enter adds the only one that fits, and nothing is there twice.
    tab.keyboard.type("keny")
    expect(panel.get_by_role("option")).to_have_count(1)
    tab.keyboard.press("Escape")
    expect(panel.get_by_role("option")).to_have_count(0)
    tab.keyboard.press("Enter")
    expect(panel).to_contain_text("Chosen already: Kenya")
    expect(lines(panel)).to_have_count(2)
    # Tab adds it too, also before the list has come. What fits several, or nothing, stays and is said.
    tab.keyboard.type("ugand")
    tab.keyboard.press("Tab")
    expect(panel).to_contain_text("Added: Uganda")
    expect(search).to_have_value("")
    lines(panel).last.get_by_role("button", name="Delete").click()
    search.focus()
    tab.keyboard.type("guine")
    tab.keyboard.press("Tab")
    expect(panel.get_by_text("Not chosen, so not saved: guine")).to_be_visible()
    assert axe_of_panels(tab) == []
    lines(panel).last.get_by_role("button", name="Move up").press("Enter")
    expect(lines(panel).first).to_contain_text("Kenya")


def make_a_theme(tab, panel):
    panel.get_by_role("combobox").focus()
    tab.keyboard.type("Debt")
    expect(panel.get_by_role("option")).to_have_text(["Debt bondage", "Make a new one: Debt"])
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Enter")
    expect(lines(panel).first).to_contain_text("Debt")
    tab.keyboard.type("bond")
    panel.get_by_role("option", name="Debt bondage").click()
    expect(lines(panel)).to_have_count(2)


def make_an_author(tab, panel):
    """The dialog makes a new author too."""
    search = panel.get_by_role("combobox")
    search.focus()
    tab.keyboard.type("Amina")
    expect(panel.get_by_role("option")).to_have_text(["Amina Sow", "Make a new one: Amina"])
    tab.keyboard.press("Tab")  # A part of a name adds nobody.
    expect(panel.get_by_text("Not chosen, so not saved: Amina")).to_be_visible()
    search.fill("")
    search.focus()
    tab.keyboard.type("<b>zz")  # a tag, which is shown as text
    expect(panel.get_by_role("option")).to_have_text(["Make a new one: <b>zz"])
    tab.keyboard.press("Escape")
    expect(panel.get_by_role("option")).to_have_count(0)
    panel.get_by_role("button", name="Add author").click()
    dialog = tab.get_by_role("dialog").locator("visible=true")
    dialog.get_by_role("tab", name="Create").click()
    dialog.get_by_label("Name*").fill("Amina Diallo")
    dialog.get_by_label("Role").fill("Lawyer, Dakar")
    dialog.get_by_role("button", name="Create").click()
    expect(lines(panel)).to_contain_text("Amina Diallo, Lawyer, Dakar")
