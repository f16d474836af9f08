"""A withdrawal looks into all text and file fields of the database, and a lead ticks what is erased there."""

import io

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from wagtail.models import Site, Task, Workflow
from wagtail.users.models import UserProfile

from media.cleaning import CleanFile
from media.models import CleanImage
from safeguarding.models import Contributor, Release
from safeguarding.withdrawal import addresses, carry_out, tasks
from stories.terms import Country
from tests.support import builders, people, stored_text, withdrawal_world
from tests.support.withdrawal_world import NAME
from wordpress_import.export import Export
from wordpress_import.models import ImportedFile, ImportedItem


def make_name_everywhere():
    """Write the name into tables without a registered Place. Return {name of the Place: the lead's line}."""
    user = builders.make_user(username="zahrawi", email="zahrawi@example.org", first_name=f"Ms {NAME}")
    path = default_storage.save("avatar_images/zahrawi.png", ContentFile(builders.picture_bytes()))
    UserProfile.objects.update_or_create(user=user, defaults={"avatar": path})
    Group.objects.create(name=f"Friends of {NAME}")
    Workflow.objects.create(name=f"As {NAME} wants")
    Task.objects.create(name=f"Ask {NAME}")
    Site.objects.update(site_name=f"House of {NAME}")
    ImportedItem.objects.create(source="zahrawi.example", key="1", digest="x", revision=1, needs_eyes=[NAME])
    ImportedFile.objects.create(source="old", key="y", problem=f"{NAME}.jpg is too large")
    return {
        "auth.user": f"zahrawi · Ms {NAME} · zahrawi@example.org",
        "wagtailusers.userprofile": path,
        "auth.group": f"Friends of {NAME}",
        "wagtailcore.workflow": f"As {NAME} wants",
        "wagtailcore.task": f"Ask {NAME}",
        "wagtailcore.site": f"House of {NAME}",
        "wordpress_import.importeditem": f"zahrawi.example · {NAME}",
        "wordpress_import.importedfile": f"{NAME}.jpg is too large",
    }


def listed(person):
    """Return {name of a Place: lines} of what the lead has to tick."""
    shown = carry_out.make_plan(person).shown
    return {each.place.name: [line.title for line in each.found] for each in shown if each.place.needs_yes}


def test_name_in_any_field_is_listed_and_erased_if_it_is_ticked():
    person = withdrawal_world.make_named_person()
    lines = make_name_everywhere()
    assert listed(person) == {name: [line] for name, line in lines.items()}
    carry_out.withdraw(person)
    assert len(stored_text.tables_with(NAME)) == len(lines), "nothing is ticked"
    ticked = withdrawal_world.everything_found(person)
    carry_out.withdraw(Contributor.objects.get(pk=person.pk), yes=ticked)
    tasks.run_quick_tasks()
    assert stored_text.tables_with(NAME) == {}
    assert not any("zahrawi" in name for name in default_storage.listdir("avatar_images")[1])
    user = get_user_model().objects.get(username__startswith=person.code)
    assert user.username == f"{person.code}-{user.pk}", "as which the user signs in"


def test_notes_of_editors_are_listed_and_erased_if_they_are_ticked():
    person = people.make_agreeing_person(names=NAME, label="with the lamps")
    other, story = people.make_person(label=f"the sister of {NAME}"), builders.make_story("A story")
    Release.objects.filter(page=story).update(reason=f"{NAME} moved away")
    labels, reasons = [f"{other.code} · {other.label}"], [f"A story · {NAME} moved away"]
    assert listed(person) == {"labels": labels, "reasons": reasons}
    carry_out.withdraw(person, yes=[("labels", str(other.pk)), ("reasons", str(story.pk))])
    assert set(Contributor.objects.values_list("label", flat=True)) == {""}
    assert Release.objects.get(page=story).reason == ""


def test_what_programs_write_is_no_text_of_somebody():
    """A hash is none, although "ada" can be in it, nor is the list of countries."""
    person = people.make_agreeing_person(names="Ada", protected_words="Jordan\nNairobi")
    user = builders.make_user()
    get_user_model().objects.filter(pk=user.pk).update(password="argon2$ada$x")
    UserProfile.objects.update_or_create(user=user, defaults={"current_time_zone": "Africa/Nairobi"})
    ImportedFile.objects.create(source="old", key="3ada4")
    builders.make_image()
    CleanImage.objects.update(file="original_images/0ada1.png", file_hash="0ada1")
    assert Country.objects.filter(slug="jordan").exists()
    assert listed(person) == {}


def test_address_of_the_old_site_is_stored_as_a_hash():
    first, second = Export(base_url="https://www.zahrawi.example/"), Export(base_url="http://zahrawi.example")
    assert first.source == second.source != Export(base_url="https://other.example").source
    assert "zahrawi" not in first.source


# --- Files ----------------------------------------------------------------------------------------


def photo(size, picture_format, seed=1):
    """Return the bytes of a picture with brighter and darker areas, for each `seed` another one."""
    small = Image.frombytes("L", (6, 5), bytes((number * number * 37 * seed) % 251 for number in range(30)))
    file = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).convert("RGB").save(file, picture_format)
    return file.getvalue()


def make_picture(data, suffix, person=None, **fields):
    shows = CleanImage.Shows.PERSON_IN_STORY if person else CleanImage.Shows.PLACE_OR_THING
    image = CleanImage.objects.create(file=CleanFile(data, suffix), shows=shows, **fields)
    image.people.set([person] if person else [])
    return image


def test_copies_of_an_erased_picture_are_listed_in_any_size_and_format():
    person = people.make_agreeing_person()
    original, other = photo((600, 400), "JPEG"), photo((600, 400), "JPEG", seed=7)
    make_picture(original, ".jpg", person, title="Hers")
    small = make_picture(photo((150, 100), "PNG"), ".png", title="Small")
    stays = [make_picture(other, ".jpg", title="Other"), builders.make_image("One colour")]
    user = builders.make_user(username="friend")
    path = default_storage.save("avatar_images/a.jpg", ContentFile(original))
    UserProfile.objects.update_or_create(user=user, defaults={"avatar": path})
    assert listed(person) == {"copies": ["Picture: Small", "User profile: friend"]}
    carry_out.withdraw(person)
    assert CleanImage.objects.filter(pk=small.pk).exists(), "it is not ticked"
    with_copy = people.make_agreeing_person()
    make_picture(original, ".jpg", with_copy, title="Hers")
    withdrawal_world.withdraw_all(with_copy)
    tasks.run_quick_tasks()
    assert set(CleanImage.objects.all()) == set(stays)
    assert addresses.is_erased_picture(small.file_hash)
    assert not UserProfile.objects.exclude(avatar="").exists()
    assert not default_storage.exists(path)
