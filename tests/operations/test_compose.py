"""compose.yaml: its services are locked down, and it fits the other files of the deployment."""

import re
import resource
import stat
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from media.sanitizer.limits import LIMITS
from tests.support.environment import ROOT, read_settings, variables_in_code
from tests.support.production import new_safeguarding_key

pytestmark = pytest.mark.sqlite_only

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
# The services that run the site. `secrets`, which has the same image, only generates secrets.
SITE = ["web", "scheduler"]
# Variables that others than the settings read: libpq, and deploy/start.
OTHER_VARIABLES = {"PGPASSFILE", "WEB_CONCURRENCY", "SCHEDULER"}
SMALL = yaml.safe_load((ROOT / "compose.small.yaml").read_text())


def volumes_of(service):
    """Return {path in the container: volume or file} of a service."""
    # A variable with a default value stands for that value.
    mounts = [re.sub(r"\$\{\w+:-(.*?)\}", r"\1", each) for each in SERVICES[service].get("volumes", [])]
    return {mount.split(":")[1]: mount.split(":")[0] for mount in mounts}


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_locked_down(name):
    """Only the front server is reachable from outside. What `cap_add` gives back is not checked."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert ("ports" in service) == (name == "front")


def test_only_the_site_reaches_the_database_and_its_own_secrets():
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    inside = {name for name, service in SERVICES.items() if "inside" in service.get("networks", [])}
    assert inside == {"database", *SITE}
    assert SERVICES["database"]["networks"] == ["inside"]
    assert "site-secrets" not in {*volumes_of("front").values(), *volumes_of("database").values()}


def test_volumes_and_files_exist():
    used = {source for name in SERVICES for source in volumes_of(name).values()}
    files = {source for source in used if source.startswith(".")}
    assert used - files == set(COMPOSE["volumes"])
    assert all((ROOT / file).exists() for file in files - {"./backups"})


def defaults(file):
    """Return {name: value} of the variables in a file of deploy/."""
    return dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "deploy" / file).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", [*SITE, "small"])
def test_variables_are_those_that_the_settings_read_and_the_last_file_wins(name):
    """An `environment` of Compose would win over the operator's own variables in .env."""
    service = SMALL["services"]["web"] if name == "small" else SERVICES[name]
    *files, own = service["env_file"]
    assert own == {"path": ".env", "required": False}
    assert service["environment"].items() <= {"PORT": "8000", "SCHEDULER": "0"}.items()
    variables = {name: value for file in files for name, value in defaults(Path(file).name).items()}
    assert set(variables) - OTHER_VARIABLES <= variables_in_code()
    assert variables["FIRST_ADMIN"] == "random", "a name that nobody can guess"


def test_front_server_and_certificate_get_no_secrets_and_each_variable_of_their_scripts():
    """podman-compose 1.3 doesn't fill in a variable in the value of a key that has its name."""
    for name in ("front", "certificate"):
        variables = SERVICES[name]["environment"]
        assert "env_file" not in SERVICES[name]
        assert all(value.startswith(f"${{{key.upper()}:-") for key, value in variables.items())
        script = (ROOT / "deploy" / name).read_text()
        assert set(re.findall(r"\$\{(\w+):-", script)) - {"cache_mb", "why"} <= set(variables)


@pytest.mark.parametrize("services", [SERVICES, SMALL["services"]], ids=["compose", "small"])
def test_at_most_six_services_stay_up_each_with_a_health_check_and_logs_that_end(services):
    up = {name: service for name, service in services.items() if name != "secrets"}
    assert len(up) <= 6
    for name, service in up.items():
        checked = "healthcheck" in service or service.get("image") == "stories" or "extends" in service
        assert checked, f"{name}: the image of the site has a check of its own"
        if "extends" not in service:
            assert set(service["logging"]["options"]) == {"max-size", "max-file"}


def test_images_of_others_have_full_versions():
    images = {service["image"] for service in SERVICES.values()} - {"stories"}
    assert all(re.search(r":v?\d+\.\d+(\.\d+)?$", image) for image in images)


def test_backups_are_in_a_folder_of_this_machine_that_no_other_service_of_the_site_has():
    mounted = {name for name in SERVICES if "/backups" in volumes_of(name)}
    assert mounted == {"scheduler", "secrets"}
    assert defaults("compose.env")["BACKUP_DIR"] == "/backups"
    assert "web" not in SERVICES["scheduler"]["depends_on"], "`run` would start it for a restore"


def test_front_server_finds_the_site_and_its_files():
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    assert "server web:8000 max_fails=0;" in nginx
    mounted = volumes_of("front")
    paths = re.findall(r"(?:ssl_certificate(?:_key)?|root|alias) (/[^;]+);", nginx)
    for path in paths:
        assert any(path == place or path.startswith(f"{place}/") for place in mounted), path
    # The volume at /data has the database and the first password.
    assert volumes_of("front").items() & volumes_of("web").items() == {("/data/served", "served")}
    assert not {"data", "site-secrets"} & {*mounted.values()}
    prefix = defaults("compose.env")["MEDIA_ACCEL_PREFIX"]
    assert f"location {prefix} {{" in nginx
    assert mounted["/var/www/acme"] == volumes_of("certificate")["/var/www/acme"]
    assert mounted["/etc/letsencrypt"] == volumes_of("certificate")["/etc/letsencrypt"]


def size(text):
    """Return the bytes of a size such as "64m"."""
    number, unit = re.fullmatch(r"(\d+)([mg])b?", text).groups()
    return int(number) * (2**20 if unit == "m" else 2**30)


def test_limits_of_memory_have_room_for_what_other_limits_allow():
    """The sizes of file systems are in memory: nginx's cache of at most 512 MB, and uploads.

    The sizes that are written here, 64m and 512m, are for the programs themselves.
    """
    limits = {name: size(service["mem_limit"]) for name, service in SERVICES.items()}
    sizes = dict(each.split(":size=") for each in SERVICES["front"]["tmpfs"] if ":size=" in each)
    assert sizes == {"/var/cache/nginx": "640m", "/var/cache/nginx/client_temp": "256m"}
    assert "max_size=512m" in (ROOT / "deploy" / "nginx.conf").read_text()
    assert limits["front"] >= sum(map(size, sizes.values())) + size("64m")
    # Two processes clean one file at a time each, in a process of its own. Eight threads can parse an upload.
    cleaning = max(each.memory for each in LIMITS.values())
    assert limits["web"] >= 2 * cleaning + 8 * settings.LARGEST_REQUEST + size("512m")
    # In the small variant one process cleans, and four threads parse uploads.
    small = {name: size(service.get("mem_limit", "0m")) for name, service in SMALL["services"].items()}
    assert small["web"] >= cleaning + 4 * settings.LARGEST_REQUEST + size("288m")
    cache = SMALL["services"]["front"]["environment"]["cache_mb"] * 2**20
    assert small["front"] >= cache + size(sizes["/var/cache/nginx/client_temp"]) + size("64m")


def test_image_gets_only_the_code():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if not line.startswith("#")]
    assert patterns[0] == "*", "only the named files get in"
    apps = [app for app in settings.INSTALLED_APPS if (ROOT / app).is_dir()]
    allowed = [line[1:] for line in patterns if line.startswith("!")]
    assert sorted(allowed) == sorted([*apps, "deploy", "manage.py", "requirements.txt"])
    # The last pattern that fits decides, so secrets are excluded again after the folders that are allowed.
    assert {"**/.env*", "**/*.key", "**/*.pem"} <= set(patterns[len(allowed) + 1 :])


def test_example_trusts_no_network():
    """A visitor inside a trusted network could claim any address."""
    lines = (ROOT / "deploy" / "nginx.conf").read_text().splitlines()
    [example] = [line.split()[1] for line in lines if line.strip().startswith("#set_real_ip_from")]
    assert ip_address(example.rstrip(";"))  # raises a ValueError for a network, such as 10.0.0.0/8


def make_secrets(folder, check=True, **options):
    command = [sys.executable, ROOT / "deploy" / "make_secrets.py", folder]
    subprocess.run(command, check=check, **options)
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_secrets_are_generated_once(tmp_path):
    def fill_the_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file may have a byte

    # A run that fails leaves no empty file that the next run would take for a secret.
    make_secrets(tmp_path, check=False, preexec_fn=fill_the_disk, stderr=subprocess.DEVNULL)
    made = make_secrets(tmp_path)
    private = {"site/secret_key", "site/safeguarding_keys", "site/pgpass", "front/privkey.pem"}
    assert set(made) == private | {"database/password", "front/fullchain.pem"}
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in private} == {0o600}
    assert make_secrets(tmp_path) == made
    assert made["site/pgpass"] == f"database:5432:stories:stories:{made['database/password']}\n"
    assert len(made["site/secret_key"]) >= 50
    assert not set(make_secrets(tmp_path / "other").values()) & set(made.values())


def test_site_reads_the_keys_for_names_that_compose_generates(tmp_path):
    """load_demo needs such a key, because the demonstration stories list people. One in .env wins."""
    made, variable = make_secrets(tmp_path), "SAFEGUARDING_KEYS_FILE"
    for name in SITE:
        default = defaults("compose.env")[variable]
        assert volumes_of(name)[str(Path(default).parent)] == "site-secrets"
        assert volumes_of("secrets")["/secrets/site"] == "site-secrets"
        path = f"site/{Path(default).name}"
        # The settings add the padding that Fernet needs, because a key may be written without it.
        own, variables = new_safeguarding_key(), {variable: str(tmp_path / path)}
        for more, keys in (({}, [f"{made[path]}="]), ({"SAFEGUARDING_KEYS": own}, [own])):
            assert read_settings(tmp_path, **variables, **more)["SAFEGUARDING_KEYS"] == keys
        assert "SAFEGUARDING_KEYS" not in defaults("compose.env")
