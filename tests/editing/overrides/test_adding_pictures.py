"""Several pictures are added with one answer for all."""

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from wagtail.models import UploadedFile

from media import cleaning
from media.forms import offer_last_credit
from media.models import CleanImage
from media.process import sanitize
from tests.support import builders
from tests.support.people import make_agreeing_person

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_only, pytest.mark.usefixtures("media_root")]


def send(client, **answers):
    file = SimpleUploadedFile("road.png", builders.picture_bytes(60, 40), "image/png")
    return client.post(reverse("wagtailimages:add_multiple"), {"title": "Road", "files[]": file} | answers)


def test_picture_is_stored_with_the_answers_and_could_be_recognised(admin_client):
    """Otherwise it would be shown without an agreement, or with one for an unrecognisable picture only."""
    person = make_agreeing_person()
    answer = send(admin_client, shows="other", credit="A. Painter", people=[person.pk]).json()
    image = CleanImage.objects.get()
    assert (image.pk, image.title, image.shows) == (answer["image_id"], "Road", "other")
    assert (image.credit, [*image.people.all()], image.is_recognisable) == ("A. Painter", [person], True)
    assert "Not in the library yet" not in answer["form"]


def test_forms_offer_the_credit_of_the_newest_picture_of_the_user_and_do_not_fill_it_in(client):
    user = builders.make_user("Editors")
    for credit, owner in (("Old", user), ("A. Painter", user), ("Other", None)):
        builders.make_image(credit=credit, uploaded_by_user=owner)
    client.force_login(user)
    for address in ("wagtailimages_chooser:choose", "wagtailimages:add", "wagtailimages:add_multiple"):
        response = client.get(reverse(address))
        # In the chooser, the form is in JSON.
        text = response.json()["html"] if "json" in response["Content-Type"] else response.text
        form = BeautifulSoup(text, "html.parser")
        field = form.select_one("[name$=credit]")
        assert not field.get("value"), address
        assert [each["value"] for each in form.select(f"#{field['list']} option")] == ["A. Painter"], address
    user.groups.clear()
    field = forms.CharField()
    offer_last_credit(field, type(user).objects.get(pk=user.pk))
    assert "list" not in field.widget.render("credit", ""), "a picture that they may not choose any more"


# "each" is the choice "Not the same for all"; a credit has at most 255 characters.
INVALID = [{}, {"shows": "each"}, {"shows": "x\0"}, {"shows": "place", "credit": "x" * 300}]


@pytest.mark.parametrize("answers", INVALID)
def test_picture_without_a_valid_answer_waits(admin_client, answers, monkeypatch):
    cleaned = []  # An entry for each cleaning. A second one could fail while other files are cleaned.
    monkeypatch.setattr(cleaning, "sanitize", lambda *file: cleaned.append(file) or sanitize(*file))
    answer = send(admin_client, **answers).json()
    assert not CleanImage.objects.exists()
    assert UploadedFile.objects.get().pk == answer["uploaded_file_id"]
    assert len(cleaned) == 1
    assert "Not in the library yet" in answer["form"]
    if "credit" in answers:
        assert f'value="{answers["credit"]}"' in answer["form"]
