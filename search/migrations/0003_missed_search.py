"""Counts the days of searches without results, indexes their month, and grants Wagtail's groups permissions.

Editors get the report of these searches, Moderators also the promoted search results.
"""

from django.db import migrations, models

GRANTED = {
    "Editors": [("search", "missedsearch", ["delete", "view"])],
    "Moderators": [
        ("search", "missedsearch", ["delete", "view"]),
        # A promotion is public at once, so only groups that may publish get this permission.
        ("wagtailsearchpromotions", "searchpromotion", ["add", "change", "delete"]),
    ],
}


def grant(apps, schema_editor):
    # Django creates permissions after all migrations, so the ones to grant are created here.
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
        migrations.AddField(
            model_name="missedsearch",
            name="day_digest",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="missedsearch",
            name="count",
            field=models.PositiveIntegerField(default=0, verbose_name="days"),
        ),
        migrations.RunPython(grant, migrations.RunPython.noop),
    ]
