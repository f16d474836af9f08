"""Counts unknown words once a day, and opens the report and the promoted results to Wagtail's groups."""

from django.db import migrations, models

GRANTED = {
    "Editors": [("search", "missedsearch", ["delete", "view"])],
    "Moderators": [
        ("search", "missedsearch", ["delete", "view"]),
        # What is promoted is public at once: it is for those who may publish.
        ("wagtailsearchpromotions", "searchpromotion", ["add", "change", "delete"]),
    ],
}


def grant(apps, schema_editor):
    # Django makes permissions only after all migrations, so those that are given out are made here.
    ContentType = apps.get_model("contenttypes.ContentType")
    Permission = apps.get_model("auth.Permission")
    Group = apps.get_model("auth.Group")
    for group_name, granted in GRANTED.items():
        group, _ = Group.objects.get_or_create(name=group_name)
        for app, model, actions in granted:
            content_type, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            for action in actions:
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {model}"},
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("search", "0002_default_vocabulary"),
        ("stories", "0003_permissions"),
        ("wagtailsearchpromotions", "0008_query_verbose_name"),
    ]
    operations = [
        migrations.AlterField(
            model_name="missedsearch",
            name="month",
            field=models.DateField(db_index=True, verbose_name="last in"),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
