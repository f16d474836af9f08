"""At midnight, a story whose consent has ended is gone at the first request, whatever was cached."""

import datetime

import pytest
from django.utils import timezone

from home.models import FeaturedStory
from tests.support import builders, people, queries, wsgi

pytestmark = [pytest.mark.sqlite_only, pytest.mark.usefixtures("visible_rows", "media_root")]

TITLE = "Lamplighter Quay"


def make_places():
    """Make a story whose consent ends today, and return {address: text} of the places that show it.

    `text`: what the response has because of the story, or None if it is 404 without it.
    """
    person = people.make_agreeing_person({"ends_on": people.days_from_today(0)})
    image = builders.make_image(shows="person")
    image.people.add(person)
    fields = {"lead_image": image, "lead_image_alt": "Somebody", "countries": ["KE"]}
    story = people.make_story_about(person, title=TITLE, **fields)
    # The country that they share makes the story one of those to read next.
    neighbour = builders.make_story("About nobody", countries=["KE"])
    builders.save_with(builders.home_page(), featured_stories=[FeaturedStory(story=story)])
    lists = ["/stories/", "/", "/feed.atom", "/sitemap.xml", "/search/?q=lamplighter", neighbour.url]
    # Visitors get only pictures with a format in their spec.
    picture = image.get_rendition("width-20|format-png").url
    places = dict.fromkeys(lists, story.url) | dict.fromkeys([story.url, picture])
    return places | {"/search/suggestions/?q=lamplight": TITLE}


def shown_in(client, places):
    """Return those of `places` in which `client` finds the story. All others answer, too."""
    found = []
    for address, text in places.items():
        response = client.get(address)
        assert response.status_code == 200 or (response.status_code, text) == (404, None), address
        if response.status_code == 200 and (text or "") in response.content.decode(errors="replace"):
            found.append(address)
    return found


def test_first_request_after_midnight_shows_nothing_of_the_story(time_machine):
    """On two processes, with warm caches. No scheduler runs, and nothing is written."""
    # The story's consent ends with the current day: in five seconds.
    midnight = timezone.make_aware(datetime.datetime(2026, 3, 11), timezone.get_default_timezone())
    time_machine.move_to(midnight - datetime.timedelta(seconds=5), tick=False)
    places = make_places()
    clients = [wsgi.SiteClient(), wsgi.SiteClient()]
    for client in clients * 2:
        assert shown_in(client, places) == [*places]
    for client in clients:
        assert queries.count_queries(client, "/stories/lamplighter-quay/")[0] == 0, "it is cached"
    time_machine.move_to(midnight, tick=False)
    for client in clients:
        assert shown_in(client, places) == []
