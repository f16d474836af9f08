"""Gives the groups Editors and Moderators their permissions for themes, authors and countries."""

from django.db import migrations

GRANTED = {
    "Editors": {"theme": ["add", "change", "view"], "author": ["add", "change", "view"], "country": ["view"]},
    "Moderators": {
        "theme": ["add", "change", "delete", "view"],
        "author": ["add", "change", "delete", "view"],
        "country": ["view"],
    },
}


def grant(apps, schema_editor):
    # Django creates permissions only after all migrations, so the ones needed are created here.
    ContentType = apps.get_model("contenttypes.ContentType")
    Permission = apps.get_model("auth.Permission")
    Group = apps.get_model("auth.Group")
    for group_name, models in GRANTED.items():
        group, _ = Group.objects.get_or_create(name=group_name)
        for model, actions in models.items():
            content_type, _ = ContentType.objects.get_or_create(app_label="stories", model=model)
            for action in actions:
                permission, _ = Permission.objects.get_or_create(
                    content_type=content_type,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {model}"},
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("stories", "0002_countries"),
        ("wagtailcore", "0098_apitoken"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
