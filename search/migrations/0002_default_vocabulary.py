"""Creates the default vocabulary, and gives Wagtail's Editors and Moderators permissions for it."""

import csv
from pathlib import Path

from django.db import migrations

VOCABULARY_FILE = Path(__file__).parent.parent / "data" / "vocabulary.csv"
GRANTED = {"Editors": ["add", "change", "view"], "Moderators": ["add", "change", "delete", "view"]}


def join_terms(row):
    """Return the terms of all languages of a row, one on each line. A term of several languages comes once."""
    cells = [row[language] for language in ("en", "fr", "es", "ar")]
    return "\n".join(dict.fromkeys(term for cell in cells if cell for term in cell.split("; ")))


def add_groups(apps, schema_editor):
    VocabularyGroup = apps.get_model("search.VocabularyGroup")
    # A vocabulary that exists already is left as it is.
    if VocabularyGroup.objects.exists():
        return
    with open(VOCABULARY_FILE, newline="", encoding="utf-8") as file:
        VocabularyGroup.objects.bulk_create(
            VocabularyGroup(terms=join_terms(row), leads_to_help=row["leads_to_help"] == "yes")
            for row in csv.DictReader(file)
        )


def grant(apps, schema_editor):
    # Django creates permissions after all migrations, so the ones to grant are created here.
    content_type, _ = apps.get_model("contenttypes.ContentType").objects.get_or_create(
        app_label="search", model="vocabularygroup"
    )
    for group_name, actions in GRANTED.items():
        group, _ = apps.get_model("auth.Group").objects.get_or_create(name=group_name)
        for action in actions:
            permission, _ = apps.get_model("auth.Permission").objects.get_or_create(
                content_type=content_type,
                codename=f"{action}_vocabularygroup",
                defaults={"name": f"Can {action} group of equal terms"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(add_groups, migrations.RunPython.noop),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
