"""Converting an alias into an ordinary page shows nothing that was hidden."""

import contextlib

import pytest
from django.core.exceptions import PermissionDenied
from wagtail.actions.convert_alias import ConvertAliasPageAction
from wagtail.models import Page

from publishing import trash, visibility
from publishing.models import TrashedPage
from tests.support.aliases import chain_of, section_with_part
from tests.support.builders import make_index, make_private, make_story, make_user
from tests.support.undone import undone

pytestmark = pytest.mark.django_db


def test_a_hidden_alias_does_not_become_public_when_it_is_converted(client):
    """In Wagtail, it would become a live page with the same content, and nothing would hide it any more."""
    section, part = section_with_part()
    last = chain_of(make_story(parent=part), 2)
    further = last.create_alias(parent=make_index(), update_slug="further")
    make_private(section)
    client.force_login(make_user("Moderators"))
    address = f"/admin/pages/{last.pk}/convert_alias/"

    client.get(address)
    assert Page.objects.get(pk=last.pk).live, "the form to confirm changes nothing"
    client.post(address)

    converted = Page.objects.get(pk=last.pk)
    assert converted.alias_of is None
    assert not converted.live
    for page in (last, further):
        assert client.get(page.url).status_code == 404


@pytest.mark.sqlite_only
def test_live_alias_is_converted_only_by_those_who_may_publish(client):
    section, part = section_with_part()
    sources = {
        "hidden": make_story(parent=part),
        "public": make_story(),
        "draft": make_story(live=False),
    }
    aliases = {name: chain_of(source, 1) for name, source in sources.items()}
    make_private(section)
    editor = make_user("Editors")
    client.force_login(editor)
    for way in ("view", "action"):
        for name, alias in aliases.items():
            with undone():
                before = Page.objects.get(pk=alias.pk).specific
                if way == "view":
                    client.post(f"/admin/pages/{before.pk}/convert_alias/")
                else:
                    with contextlib.suppress(PermissionDenied):
                        ConvertAliasPageAction(before, user=editor).execute(skip_permission_checks=True)
                after = Page.objects.get(pk=before.pk)
                assert after.live == before.live
                assert after.alias_of_id == (None if name == "draft" else sources[name].pk), (way, name)


def test_pages_below_a_hidden_alias_stay_hidden_when_it_becomes_ordinary(client):
    section, part = section_with_part()
    make_private(section)
    alias = part.create_alias(parent=make_index(), update_slug="alias")
    inner = make_index(alias, "Inner")
    # Elsewhere, but an alias of a page below the hidden alias.
    further = inner.create_alias(parent=make_index(), update_slug="further")
    below = [make_story(parent=parent) for parent in (alias, inner, further)]
    elsewhere = make_story()
    addresses = {story.pk: story.url for story in below}
    admin = make_user(is_superuser=True)
    for way in (
        f"/admin/pages/{alias.pk}/convert_alias/",
        f"/admin/pages/{part.pk}/delete/",
        f"/admin/bulk/wagtailcore/page/delete/?id={part.pk}",
        f"/admin/pages/{section.pk}/delete/",
        "by code",
    ):
        with undone():
            client.force_login(admin)
            if way == "by code":  # as a shell does: past the trash, which unpublishes all of them
                Page.objects.get(pk=part.pk).delete()
            else:
                assert client.post(way).status_code == 302
            for trashed in TrashedPage.objects.all():
                trash.delete_for_good(trashed)
            assert Page.objects.get(pk=alias.pk).alias_of is None, way

            client.logout()
            public = set(visibility.published_pages().values_list("pk", flat=True))
            assert not public & {alias.pk, inner.pk, further.pk, *addresses}, way
            assert elsewhere.pk in public
            if way == "by code":  # The rows are the same after each way.
                assert [client.get(address).status_code for address in addresses.values()] == [404] * 3
            # So they stay hidden when somebody publishes the page that was an alias.
            rest = Page.objects.filter(pk__in=[inner.pk, further.pk, *addresses])
            assert not rest.filter(live=True).exists(), way


@pytest.mark.sqlite_only
def test_a_public_alias_stays_public_when_it_is_converted(client):
    last = chain_of(make_story(), 2)
    client.force_login(make_user("Moderators"))

    client.post(f"/admin/pages/{last.pk}/convert_alias/")

    assert client.get(last.url).status_code == 200
