"""What the containers of a small site need while it is read, gets pictures, and makes a backup."""

import io
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from PIL import Image

MAX_MEGABYTES = 600
REQUESTS, UPLOADS = 2000, 10
PIXELS = (5472, 3648)  # 20 million
# Each gets a number, so that nginx has not cached it.
PATHS = ["/?", "/stories/?page=1&", "/stories/?text=1&", "/?text=1&", "/stories/?"]
# More than 100 searches within seconds from one address are refused (deploy/nginx.conf).
PATHS = [*PATHS * 4, "/search/?q=n&"]


@contextmanager
def watched(tool, project):
    """Context manager that yields a function, which returns the most megabytes so far of all containers."""
    listed = tool("ps", "--quiet", "--filter", f"label=com.docker.compose.project={project}")
    processes = tool("inspect", "--format", "{{.State.Pid}}", *listed.split()).split()
    files, sums, done = [find_statistics(process) for process in processes], [0], Event()

    def run():
        while not done.wait(0.2):
            sums.append(sum(map(read_bytes, files)))

    thread = Thread(target=run)
    thread.start()
    try:
        yield lambda: round(max(sums) / 10**6)
    finally:
        done.set()
        thread.join()


def find_statistics(process):
    """Return the file with the statistics of the container of a process, of either version of cgroups."""
    group = re.search(r"^\d+:(memory|):(.+)$", Path(f"/proc/{process}/cgroup").read_text(), re.MULTILINE)
    return Path(f"/sys/fs/cgroup/{group[1]}/{group[2]}/memory.stat")


def read_bytes(file):
    """Return the bytes of memory of a container, without what the system only keeps of files."""
    values = dict(line.split() for line in file.read_text().splitlines())
    return sum(int(values.get(name, 0)) for name in ("anon", "shmem", "total_rss", "total_shmem"))


def read_pages(site):
    """Make the requests, two at a time, as many as a process lets search. Return {status: how many}."""
    paths = [f"{PATHS[number % len(PATHS)]}n={number}" for number in range(REQUESTS)]
    with ThreadPoolExecutor(2) as executor:
        return Counter(executor.map(lambda path: site.request(path, "%{http_code}"), paths))


def upload(page, site):
    """Upload the pictures with `page`, in which an editor is signed in."""
    for number in range(UPLOADS):
        picture, output = [Image.effect_noise(PIXELS, 40) for _colour in "RGB"], io.BytesIO()
        Image.merge("RGB", picture).save(output, "JPEG", quality=60)
        page.goto(f"{site.address}/admin/images/add/")
        file = {"name": f"{number}.jpg", "mimeType": "image/jpeg", "buffer": output.getvalue()}
        page.locator("input[name=file]").set_input_files(file)
        page.locator("input[name=title]").fill(f"Noise {number}")
        page.locator("input[name=shows][value=place]").check()
        page.locator("main form button[type=submit]").last.click()
        page.wait_for_url("**/admin/images/")
