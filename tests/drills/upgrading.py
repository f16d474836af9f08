"""Drill of upgrades that are killed or fail, of rollbacks, and of two versions behind one front server."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.drills import Row, availability, is_equal, say, sites
from tests.support.environment import ROOT
from tests.support.production import Site, new_safeguarding_key
from tests.support.services import free_port

KILLS = 8
# In place of Docker: images are folders of code, tags are links to them, and the container is a process.
DOCKER = r"""#!/bin/sh
cd "$FOLDER"
case "$*" in
  "compose config"*) echo web ;;
  "image inspect --format"*) readlink "${5#*:}" ;;
  "image inspect"*) [ -e "${3#*:}" ] ;;
  "image rm"*) rm "${3#*:}" ;;
  build*) ln -sfn "$BUILT" next ;;
  tag*) ln -sfn "$(readlink "${2#*:}" || echo "$2")" "${3#*:}" ;;
  "compose stop"*) while kill "$(cat pid)" 2>/dev/null; do /bin/sleep 0.1; done ;;
  "compose up"*)
    "$0" compose stop
    cd latest
    setsid sh deploy/start >>../output 2>&1 </dev/null &
    echo $! >../pid ;;
  "compose run"*) shift 6; cd latest; exec "$@" ;;
  "compose exec"*) curl -sfH Host:stories.example.org -H X-Forwarded-Proto:https localhost:$PORT/readyz ;;
esac
"""
MIGRATION = """
import time
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("stories", "LAST")]
    operations = [
        migrations.RunSQL("CREATE TABLE of_the_next (number integer)"),
        migrations.RunPython(lambda apps, schema_editor: time.sleep(1)),
    ]
"""
SETUP = """
from tests.support import people, withdrawal_world
people.make_story_about(withdrawal_world.make_named_person(), slug=withdrawal_world.SLUG)
"""
COUNT = "from stories.models import StoryPage; print(StoryPage.objects.count())"
ADD = f"""
from uuid import uuid4
from tests.support import builders
builders.make_story(slug=uuid4().hex)
{COUNT}
"""
WITHDRAW = """
from safeguarding.models import Contributor
from tests.support import withdrawal_world
withdrawal_world.withdraw_all(Contributor.objects.get())
"""
PICTURE = """
from tests.support import builders
builders.make_story(slug="p", lead_image=builders.make_image(), lead_image_alt="A lamp")
"""
STATUS = """
from tests.support import wsgi
client = wsgi.SiteClient(headers={"host": "stories.example.org", "x-forwarded-proto": "https"})
print(client.get("/stories/quernstone/").status_code)
"""
PAGES = ["/", "/stories/", "/stories/p/", "/search/", "/admin/login/"]
ADDRESS = re.compile(r"/(?:static|media)/[\w./-]+")


def upgrading(folder):
    """Kill an upgrade at eight moments, let one fail, roll one back, and run both versions at once."""
    (folder / "postgresql").mkdir()
    with sites.running_server(folder) as server:
        machine = Machine(folder, server.address)
        try:
            return [*machine.upgrade_and_kill(), *machine.run_both()]
        finally:
            machine.do("docker", "compose", "stop")


class Machine:
    """A machine with the code of the site, of its next version, and of one that doesn't start."""

    def __init__(self, folder, database):
        (folder / "programs").mkdir()
        for name, text in {"docker": DOCKER, "sleep": "#!/bin/sh\nexec /bin/sleep 1\n"}.items():
            (folder / "programs" / name).write_text(text)
            (folder / "programs" / name).chmod(0o755)
        variables = {"SAFEGUARDING_KEYS": new_safeguarding_key(), "BACKUP_DIR": f"{folder}/backups"}
        variables |= {"DJANGO_SETTINGS_MODULE": "site_project.settings", "FOLDER": str(folder)}
        variables |= {"PATH": f"{folder}/programs:{Path(sys.executable).parent}:{os.environ['PATH']}"}
        self.folder, variables["PORT"] = folder, str(free_port())
        self.sites = [Site(folder, database, **variables) for _version in range(2)]
        for name in ("old", "new"):
            code = folder / name
            subprocess.run(["git", "checkout-index", "--all", f"--prefix={code}/"], cwd=ROOT, check=True)
            if name == "new":
                migrations = code / "stories/migrations"
                last = max(path.stem for path in migrations.glob("0*.py"))
                (migrations / "9999_next.py").write_text(MIGRATION.replace("LAST", last))
                for path in [*code.glob("*/static/**/*.css"), *code.glob("*/static/**/*.js")]:
                    path.write_text(f"{path.read_text()}\n{'p {}' if path.suffix == '.css' else '//'}")
            command = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
            subprocess.run(command, cwd=code, env=self.sites[0].environment, check=True)
        shutil.copytree(folder / "new", folder / "broken")
        (folder / "broken/site_project/wsgi.py").write_text("raise SystemExit(1)")
        (folder / "latest").symlink_to("old")

    def start(self, *command, **variables):
        """Start a program in a session of its own."""
        with (self.folder / "output").open("a") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            environment = self.sites[0].environment | {"BUILT": "new"} | variables
            return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, **streams)

    def do(self, *command, **variables):
        return self.start(*command, **variables).wait()

    def shell(self, code):
        command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
        options = {"cwd": self.folder / "latest", "env": self.sites[0].environment, "text": True}
        return subprocess.run(command, **options, stdout=subprocess.PIPE, check=True).stdout

    def look(self):
        """Return the version that is ready, or "", and the number of its stories."""
        end = time.monotonic() + 60
        while self.do("docker", "compose", "exec"):
            if time.monotonic() > end:
                return "", 0
            time.sleep(0.2)
        process = (self.folder / "pid").read_text().strip()
        return Path(f"/proc/{process}/cwd").resolve().name, int(self.shell(COUNT))

    def upgrade_and_kill(self):
        self.do("docker", "compose", "up")
        self.look()
        self.shell(SETUP)
        start = time.monotonic()
        self.do("deploy/upgrade")
        took, found = time.monotonic() - start, [self.look()]
        say(f"an upgrade takes {took:.0f} s: {found}")
        self.shell(ADD)
        self.shell(WITHDRAW)
        self.do("deploy/rollback", "newest")
        found.append(self.look())
        page = self.shell(STATUS).strip()
        self.shell(ADD)
        self.do("deploy/upgrade", BUILT="broken")
        found.append(self.look())
        say(f"rolled back, and upgraded to one that doesn't start: {found[1:]}")
        wanted = [("new", 1), ("old", 0), ("old", 1)]
        rows = [is_equal("upgrade, rollback, upgrade that fails: version and stories", found, wanted)]
        rows.append(is_equal("rollback: the page of who withdrew since", page, "404"))
        killed = []
        for number in range(KILLS):
            wanted = int(self.shell(ADD))
            process = self.start("deploy/upgrade")
            time.sleep(took * number / (KILLS - 1))
            if number % 2:
                os.killpg(process.pid, signal.SIGHUP)
                process.wait()
            else:  # the end of the machine, and its next start
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                self.do("docker", "compose", "up")
            version, stories = self.look()
            say(f"killed at {took * number / (KILLS - 1):.0f} s: {version}, {stories} of {wanted}")
            killed.append((version, stories == wanted))
            if version == "new":
                self.do("deploy/rollback", "newest")
        whole = sum(is_whole for _version, is_whole in killed)
        versions = sorted({version for version, _is_whole in killed})
        rows.append(is_equal("upgrade killed: sites that answer with all rows", whole, KILLS))
        return [*rows, is_equal("upgrade killed: versions that ran afterwards", versions, ["new", "old"])]

    def run_both(self):
        """Ask for pages, and for all files that they name, of both versions behind one front server."""
        self.do("deploy/upgrade")
        self.shell(PICTURE)
        for site, name in zip(self.sites, ("old", "new"), strict=True):
            site.code = self.folder / name
            site.start(workers=1)
        try:
            with availability.nginx(*self.sites) as front:
                texts = [front.ask(f"{page}?n={n}")[2].decode() for page in PAGES for n in range(8)]
                files = set(ADDRESS.findall(" ".join(texts)))
                styles = [front.ask(name)[2].decode() for name in files if name.endswith(".css")]
                files |= {f"/static/{name}" for name in re.findall(r"fonts/[\w.-]+", " ".join(styles))}
                straight = [{site.ask(name)[0] for site in self.sites} for name in files]
                missing = {name for name in files for n in range(4) if front.ask(f"{name}?n={n}")[0] != 200}
        finally:
            for site in self.sites:
                site.stop()
        only_one = sum(each == {200, 404} for each in straight)
        say(f"{len(files)} files, of which one version lacks {only_one}")
        return [
            is_equal("two versions: files that the front server didn't always have", missing, set()),
            Row("two versions: files that one of them lacks", f"{only_one}", "> 0", only_one > 0),
        ]
