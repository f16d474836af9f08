"""Measures how long it takes until a list shows a story that is published. tests/bench/server.py runs it.

    python -m tests.bench.publishing http://127.0.0.1:8000/stories/

It publishes some stories on the list's index page, and prints the milliseconds for each as a list in JSON.
"""

import datetime
import json
import sys
import time
from urllib.request import urlopen

import django

django.setup()

from media.models import CleanImage  # noqa: E402 - Django must be set up first
from stories import renditions  # noqa: E402
from tests.bench import stories as bench  # noqa: E402

STORIES = 3
PATIENCE = 60  # seconds


def main(address):
    renditions.use_background_thread()  # as in the server, in which editors publish
    index, pictures = bench.find_index(), list(CleanImage.objects.all()[: bench.PICTURES])
    is_shown(address, "")  # so that the site has cached the list, as when readers have opened it
    print(json.dumps([publish(address, index, pictures, number) for number in range(STORIES)]))


def publish(address, index, pictures, number):
    """Publish a story, and wait for the list to show it. Return how many milliseconds that took."""
    title = f"Published for the benchmark, {number}"
    story = bench.make_story(index, pictures, title, date=datetime.date.today(), live=False)
    begin = time.monotonic()
    story.get_latest_revision().publish()
    while not is_shown(address, title):
        if time.monotonic() > begin + PATIENCE:
            sys.exit(f"{address} does not show the story.")
    return round(1000 * (time.monotonic() - begin))


def is_shown(address, title):
    return title in urlopen(address).read().decode()  # noqa: S310 - this machine


if __name__ == "__main__":
    main(sys.argv[1])
