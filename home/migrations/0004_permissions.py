"""Gives the group Moderators the permission to change the site settings."""

from django.db import migrations


def grant(apps, schema_editor):
    # Django creates permissions only after all migrations, so the one needed is created here.
    ContentType = apps.get_model("contenttypes.ContentType")
    Permission = apps.get_model("auth.Permission")
    Group = apps.get_model("auth.Group")
    content_type, _ = ContentType.objects.get_or_create(app_label="home", model="sitesettings")
    permission, _ = Permission.objects.get_or_create(
        content_type=content_type,
        codename="change_sitesettings",
        defaults={"name": "Can change site settings"},
    )
    Group.objects.get(name="Moderators").permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0003_home_page"),
        ("stories", "0003_permissions"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
