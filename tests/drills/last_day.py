"""Makes the site of the drill midnight, and prints the places that show its story as JSON.

python -m tests.drills.last_day
"""

import json

import django

django.setup()

from tests.support.midnight import make_places  # noqa: E402 - Django must be set up first

if __name__ == "__main__":
    print(json.dumps(make_places()))
