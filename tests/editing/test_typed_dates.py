"""A date that an editor typed is understood in the formats of the editor's language, or refused."""

import pytest
from django.utils import translation
from wagtail.users.models import UserProfile

from stories.models import StoryPage
from tests.support import builders

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only]


# `meant` is None if the date is refused. In English, 3/4/2025 is ambiguous. Django's formats for French have
# no dots. The year has to be between 1900 and 2200.
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
def test_typed_date_is_understood_or_refused(language, typed, meant):
    with translation.override(language):
        form = builders.check_story_form(date=typed)
    assert list(form.errors) == ([] if meant else ["date"])
    assert meant is None or f"{form.cleaned_data['date']}" == meant


def test_editor_has_the_language_of_its_user_and_shows_a_refused_date_again(admin_client, admin_user):
    UserProfile.objects.create(user=admin_user, preferred_language="fr")
    story = builders.make_story("Dated", live=False)
    for typed, shown, is_refused in (("3/4/2025", "2025-04-03", False), ("04.03.2025", "04.03.2025", True)):
        form = builders.story_form(title=story.title, slug=story.slug, date=typed)
        response = admin_client.post(f"/admin/pages/{story.pk}/edit/", form, follow=True)
        field = builders.parse(response).select_one("#id_date")
        assert field["value"] == shown
        assert (field.get("aria-invalid") == "true") == is_refused
    assert f"{StoryPage.objects.get().get_latest_revision_as_object().date}" == "2025-04-03"


@pytest.mark.parametrize("typed", ["0001-01-01 00:00", "9999-12-31 23:59"])
def test_time_that_other_time_zones_lack_is_refused(typed):
    """Lists of pages would fail for users in these time zones."""
    form = builders.check_story_form("publish", go_live_at=typed)
    assert form.errors == {"go_live_at": ["Choose a year between 1900 and 2200."]}
