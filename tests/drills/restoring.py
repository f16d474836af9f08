"""Drill of a restore that is killed: the next start finds the site that was there, or the backup."""

import json
import os
import signal
import subprocess
import sys
import time

from tests.drills import is_equal, sites
from tests.support.production import Site, new_safeguarding_key

KILLS = 12
SETUP = """
from django.core.management import call_command
from tests.support import builders, people, withdrawal_world, wsgi
person = withdrawal_world.make_named_person()
people.make_story_about(person, slug=withdrawal_world.SLUG)
builders.make_story(slug="kept", lead_image=builders.make_image(), lead_image_alt="A lamp")
client = wsgi.SiteClient(headers={"host": "stories.example.org", "x-forwarded-proto": "https"})
assert client.get(withdrawal_world.HOME).status_code == 200
call_command("backup")
withdrawal_world.withdraw_all(person)
"""
# A change since the backup. The picture has another size, and so another hash, in each.
CHANGE = """
from tests.support import builders
image = builders.make_image(size=(60, 40 + {number}))
builders.make_story(slug="later-{number}", lead_image=image, lead_image_alt="A lamp")
"""
# Starts the site, and prints what it shows.
LOOK = """
import json
from django.core.management import call_command
from media.models import CleanImage
from tests.support import wsgi
call_command("prepare", verbosity=0)
client = wsgi.SiteClient(headers={"host": "stories.example.org", "x-forwarded-proto": "https"})
pages = [client.get(f"/stories/{slug}/").status_code for slug in ("quernstone", "kept", "later-{number}")]
files = [each.file for each in CleanImage.objects.all()]
print(json.dumps([pages, all(file.storage.exists(file.name) for file in files)]))
"""


def restore_killed(folder):
    """Kill a restore at twelve moments, and start the site after each."""
    (folder / "postgresql").mkdir()
    with sites.running_server(folder) as server:
        variables = {"BACKUP_DIR": str(folder / "backups"), "SAFEGUARDING_KEYS": new_safeguarding_key()}
        site = Site(folder, server.address, **variables)
        shell = ("shell", "--no-imports", "-c")
        site.manage("prepare", "--verbosity", "0")
        site.manage(*shell, SETUP)
        start = time.monotonic()
        site.manage("restore", "newest")
        took, shown = time.monotonic() - start, []
        for number in range(KILLS):
            site.manage(*shell, CHANGE.replace("{number}", str(number)))
            command = [sys.executable, "manage.py", "restore", "newest"]
            output = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen(command, env=site.environment, start_new_session=True, **output)
            time.sleep(took * number / (KILLS - 1))
            os.killpg(process.pid, signal.SIGKILL)  # with psql, as the end of a container does
            process.wait()
            looked = site.manage(*shell, LOOK.replace("{number}", str(number)))
            shown.append(json.loads(looked.stdout.splitlines()[-1]))
    pages = [pages for pages, _files in shown]
    whole = sum(each in ([404, 200, 200], [404, 200, 404]) for each in pages)
    both = sorted({each[2] for each in pages})
    return [
        is_equal("restore killed: the old site or the backup, without who withdrew", whole, KILLS),
        is_equal("restore killed: sites whose pictures are all there", sum(each[1] for each in shown), KILLS),
        is_equal("restore killed: statuses of what was new, in all of them", both, [200, 404]),
    ]
