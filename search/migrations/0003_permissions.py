"""Gives the groups Editors and Moderators their permissions for the vocabulary and for searches.

Editors get the report of the searches without results, Moderators also the promoted search results.
"""

from django.db import migrations

GRANTED = {
    "Editors": [
        ("search", "vocabularygroup", "group of equal terms", ["add", "change", "view"]),
        ("search", "missedsearch", "search without result", ["delete", "view"]),
    ],
    "Moderators": [
        ("search", "vocabularygroup", "group of equal terms", ["add", "change", "delete", "view"]),
        ("search", "missedsearch", "search without result", ["delete", "view"]),
        # A promotion is public at once, so only groups that may publish get this permission.
        ("wagtailsearchpromotions", "searchpromotion", "search promotion", ["add", "change", "delete"]),
    ],
}


def grant(apps, schema_editor):
    # Django creates permissions after all migrations, so the ones to grant are created here.
    ContentType = apps.get_model("contenttypes.ContentType")
    Permission = apps.get_model("auth.Permission")
    Group = apps.get_model("auth.Group")
    for group_name, granted in GRANTED.items():
        group, _ = Group.objects.get_or_create(name=group_name)
        for app, model, name, actions in granted:
            content_type, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            for action in actions:
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {name}"},
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0002_default_vocabulary"),
        ("stories", "0003_permissions"),
        ("wagtailsearchpromotions", "0008_query_verbose_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
