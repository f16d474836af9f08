"""Uploads pictures and documents by each form of the admin."""

from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.models import UploadedFile

# {kind of file: name of the Wagtail application with its views}
APPS = {"image": "wagtailimages", "document": "wagtaildocs"}


def upload(client, name, data, kind="image", way="add", title="x"):
    """Upload the bytes `data` as `name`. Return the error of the field, or "" if the file was taken.

    `way`: "add", "several" or "chooser" for these forms, or the picture or document whose file is replaced.
    """
    app, file = APPS[kind], SimpleUploadedFile(name, data)
    if way == "several":
        answer = client.post(reverse(f"{app}:add_multiple"), {"title": title, "files[]": file}).json()
        return answer.get("error_message", "")
    fields = {"title": title, "shows": "place", "file": file}
    if way == "chooser":
        fields = {f"{kind}-chooser-upload-{field}": value for field, value in fields.items()}
        answer = client.post(reverse(f"{app}_chooser:create"), fields).json()
        fragment = BeautifulSoup(answer.get("htmlFragment", ""), "html.parser")
        errors = " ".join(each.text for each in fragment.select(".error-message"))
        assert bool(errors) == (answer["step"] != "chosen"), answer
        return errors
    address = reverse(f"{app}:add") if way == "add" else reverse(f"{app}:edit", args=[way.pk])
    response = client.post(address, fields)
    return "" if response.status_code == 302 else " ".join(response.context["form"].errors["file"])


def store_waiting(client, kind="image"):
    """Fill in what the form for several files asks of the one that waits. Return its name and its bytes."""
    waiting = UploadedFile.objects.get()
    with waiting.file.open() as file:
        found = waiting.file.name, file.read()
    prefix, name = f"uploaded-{kind}-{waiting.pk}", f"create_multiple_from_uploaded_{kind}"
    fields = {f"{prefix}-title": "Several", f"{prefix}-shows": "place"}
    assert client.post(reverse(f"{APPS[kind]}:{name}", args=[waiting.pk]), fields).json()["success"]
    return found
