"""Fills the database of a Site for the drills, and prints an ID and addresses for them as JSON.

python -m tests.drills.seed 200
"""

import json
import sys

import django

django.setup()

from stories.terms import Theme  # noqa: E402 - Django must be set up first
from tests.support import builders, distractors  # noqa: E402
from tests.support.queries import update_statistics  # noqa: E402


def main(stories):
    index = distractors.add_stories(stories)
    picture = {"lead_image": builders.make_image(), "lead_image_alt": "A lamp"}
    story = builders.make_story("The drill", countries=["KE"], themes=["Mining"], **picture)
    story.save_revision().publish()  # creates its renditions
    # A document and pages that are not public, as every site has them.
    builders.make_document()
    builders.make_private(builders.make_plain_page("For members"))
    builders.make_story("Only a draft", live=False)
    home = builders.home_page()
    home.help_page = builders.make_plain_page("Get help")
    home.save_revision().publish()
    update_statistics()
    facts = {
        "story": story.pk,
        # Many stories have the word "harbour". Drills rely on the order of these four.
        "addresses": ["/", "/stories/", story.url, "/search/?q=harbour"],
        "help": home.help_page.url,
        "list": index.url,
        "filter": f"{index.url}?theme={Theme.objects.get(name=distractors.THEMES[0]).slug}",
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(int(sys.argv[1]))
