"""Gives Editors and Moderators the permission to translate, and Moderators that to change the site settings.

It also gives Wagtail's workflow "Moderators approval" and its task a name that says what they are.
"""

from django.db import migrations

TRANSLATE = ("simple_translation", "simpletranslation", "submit_translation", "Can submit translations")
GRANTED = {
    "Editors": [TRANSLATE],
    "Moderators": [TRANSLATE, ("home", "sitesettings", "change_sitesettings", "Can change site settings")],
}


def grant(apps, schema_editor):
    # Django creates permissions only after all migrations, so the ones needed are created here.
    ContentType = apps.get_model("contenttypes.ContentType")
    Permission = apps.get_model("auth.Permission")
    Group = apps.get_model("auth.Group")
    for group_name, granted in GRANTED.items():
        group = Group.objects.get(name=group_name)
        for app, model, codename, name in granted:
            content_type, _ = ContentType.objects.get_or_create(app_label=app, model=model)
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


def name_workflow(apps, schema_editor):
    for model in ("Workflow", "Task"):
        found = apps.get_model("wagtailcore", model).objects.filter(name="Moderators approval")
        found.update(name="Approval by a moderator")


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0003_home_page"),
        ("stories", "0003_permissions"),
        ("simple_translation", "0001_initial"),
    ]
    operations = [
        migrations.RunPython(grant, migrations.RunPython.noop),
        migrations.RunPython(name_workflow, migrations.RunPython.noop),
    ]
