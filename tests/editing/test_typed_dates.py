"""A date that an editor typed is understood in the forms of the editor's language, or refused."""

import pytest
from wagtail.users.models import UserProfile

from stories.models import StoryPage
from tests.support import builders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


# `meant` is None if the date is refused. In English, 3/4/2025 is ambiguous.
@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("en", "4 March 2025", "2025-03-04"),
        ("en", "04.03.2025", "2025-03-04"),
        ("en", "3/4/2025", None),
        ("fr", "3/4/2025", "2025-04-03"),
        ("fr", "04.03.2025", None),
        ("fr", "le quatre mars", None),
        ("es", "3/4/2025", "2025-04-03"),
        ("en", "0202-03-04", None),
        ("en", "9999-12-31", None),
    ],
)
def test_typed_date_is_understood_or_refused(admin_client, admin_user, language, typed, meant):
    UserProfile.objects.create(user=admin_user, preferred_language=language)
    story = builders.make_story("Dated", live=False)
    before = f"{story.date}"
    form = builders.story_form(title=story.title, slug=story.slug, date=typed)
    response = admin_client.post(f"/admin/pages/{story.pk}/edit/", form, follow=True)
    saved = StoryPage.objects.get(pk=story.pk).get_latest_revision_as_object()
    assert f"{saved.date}" == (meant or before)
    field = builders.parse(response).select_one("#id_date")
    assert field["value"] == (meant or typed)
    assert (field.get("aria-invalid") == "true") == (meant is None)


@pytest.mark.parametrize("typed", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_time_that_other_time_zones_lack_is_refused(admin_client, typed):
    """Lists of pages would fail for users in these time zones."""
    story = builders.make_story("Dated", live=False)
    form = builders.story_form("publish", title=story.title, slug=story.slug, go_live_at=typed)
    response = admin_client.post(f"/admin/pages/{story.pk}/edit/", form)
    assert response.context["form"].errors == {"go_live_at": ["Choose a year between 1900 and 2200."]}
