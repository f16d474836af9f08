"""The user bar of public pages leads to what the user may do with the page, and visitors get none of it."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.support import admin_world, builders
from tests.support.builders import client_of, make_user

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def addresses(page):
    return {reverse(name, args=[page.pk]) for name in ("hide_page", "safeguarding_decisions:page")}


def links(client, address, page):
    """Return those of addresses() that the page at `address` links to."""
    text = client.get(address).text
    return {each for each in addresses(page) if f'href="{each}"' in text}


def test_user_bar_has_the_links_whose_views_let_the_user_in(own, elsewhere):
    visitor, editor = Client(), client_of(admin_world.make_role("editor", own))
    assert elsewhere.live.pk  # It is made here, because the page of the other story leads to it.
    before = visitor.get(own.live.url)
    lead, both = (client_of(make_user(*groups, "Safeguarding")) for groups in ([], ["Moderators"]))
    for client, numbers in ((editor, [1, 0]), (lead, [1, 1]), (both, [2, 2])):
        for page, number in zip([own.live, elsewhere.live], numbers, strict=True):
            found = links(client, page.url, page)
            assert found == {each for each in addresses(page) if client.get(each).status_code == 200}
            assert len(found) == number
    after = visitor.get(own.live.url)
    assert (after.content, after.headers) == (before.content, before.headers)
    # Neither a preview nor a page that can't be hidden has a link to hide it.
    index, draft = builders.make_index(), reverse("wagtailadmin_pages:view_draft", args=[own.live.pk])
    own.live.save_revision(clean=False)
    assert "wagtail-userbar" in both.get(draft).text
    assert (len(links(both, draft, own.live)), len(links(both, index.url, index))) == (0, 1)
