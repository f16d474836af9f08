"""Puts in the groups of equal terms to start with, and lets Wagtail's groups of editors work with them."""

import csv
from pathlib import Path

from django.db import migrations

GROUPS = Path(__file__).parent.parent / "data" / "vocabulary.csv"
GRANTED = {"Editors": ["add", "change", "view"], "Moderators": ["add", "change", "delete", "view"]}


def add_groups(apps, schema_editor):
    VocabularyGroup = apps.get_model("search.VocabularyGroup")
    # Editors' own groups are left as they are, and nothing comes twice.
    if VocabularyGroup.objects.exists():
        return
    with open(GROUPS, newline="", encoding="utf-8") as file:
        VocabularyGroup.objects.bulk_create(
            VocabularyGroup(
                terms="\n".join(row["terms"].split("; ")), leads_to_help=row["leads_to_help"] == "yes"
            )
            for row in csv.DictReader(file)
        )


def grant(apps, schema_editor):
    # Django makes permissions only after all migrations, so those that are given out are made here.
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
