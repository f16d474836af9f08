"""Makes the group Safeguarding, whose members alone see the people and what they agreed to."""

from django.db import migrations


def make_group(apps, schema_editor):
    group, _ = apps.get_model("auth.Group").objects.get_or_create(name="Safeguarding")
    Permission = apps.get_model("auth.Permission")
    group.permissions.add(Permission.objects.get(codename="access_admin"))


class Migration(migrations.Migration):
    dependencies = [
        ("safeguarding", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("wagtailadmin", "0001_create_admin_access_permissions"),
    ]
    operations = [migrations.RunPython(make_group, migrations.RunPython.noop)]
