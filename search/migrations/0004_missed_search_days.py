"""Counts days with a search without results in place of searches.

The counts so far are deleted: a single visitor may have made all searches of one.
"""

from django.db import migrations, models


def delete_counts(apps, schema_editor):
    apps.get_model("search", "MissedSearch").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("search", "0003_missed_search")]
    operations = [
        migrations.RunPython(delete_counts, migrations.RunPython.noop),
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
    ]
