"""Makes a story whose consent ends today, and lists the addresses that show it, for tests of the next day."""

from home.models import FeaturedStory
from tests.support import builders, people

TITLE = "Lamplighter Quay"


def make_places():
    """Make the story, and return {name: (address, text)} of the places that show it.

    `text`: what the response has because of the story, or None if it is 404 without the story.
    """
    person = people.make_agreeing_person({"ends_on": people.days_from_today(0)})
    image = builders.make_image(shows="person")
    image.people.add(person)
    fields = {"lead_image": image, "lead_image_alt": "Somebody", "countries": ["KE"]}
    story = people.make_story_about(person, title=TITLE, **fields)
    # The country that they share makes the story one of those to read next.
    neighbour = builders.make_story("About nobody", countries=["KE"])
    builders.save_with(builders.home_page(), featured_stories=[FeaturedStory(story=story)])
    pages = {"list": "/stories/", "home": "/", "feed": "/feed.atom", "sitemap": "/sitemap.xml"}
    pages |= {"search": "/search/?q=lamplighter", "neighbour": neighbour.url}
    # Visitors get only pictures with a format in their spec.
    return {
        "story": (story.url, None),
        "picture": (image.get_rendition("width-20|format-png").url, None),
        "suggestion": ("/search/suggestions/?q=lamplight", TITLE),
        **{name: (address, story.url) for name, address in pages.items()},
    }
