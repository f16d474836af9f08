"""Adds the answer who is in a page. The home page of the migration 0003 is about nobody."""

import datetime

from django.db import migrations, models

ALL_USES = "fundraising,languages,partners,print,social,website"


def answer(apps, schema_editor):
    homes = apps.get_model("home.HomePage").objects.filter(latest_revision=None)
    Release = apps.get_model("safeguarding.Release")
    # Only decisions compare the digest, and none is about nobody.
    values = {"until": datetime.date.max, "digest": "-", "uses": ALL_USES}
    Release.objects.bulk_create(Release(page_id=home.pk, **values) for home in homes)
    homes.update(people="none")


class Migration(migrations.Migration):

    dependencies = [
        ('home', '0004_permissions'),
        ('safeguarding', '0002_group'),
    ]

    operations = [
        migrations.AddField(
            model_name='homepage',
            name='people',
            field=models.CharField(blank=True, choices=[('', 'Not decided yet'), ('none', 'Nobody: no person is described'), ('unknown', 'A person, but nobody could tell who'), ('listed', 'These people')], max_length=10, verbose_name='people'),
        ),
        migrations.AddField(
            model_name='standardpage',
            name='people',
            field=models.CharField(blank=True, choices=[('', 'Not decided yet'), ('none', 'Nobody: no person is described'), ('unknown', 'A person, but nobody could tell who'), ('listed', 'These people')], max_length=10, verbose_name='people'),
        ),
        migrations.RunPython(answer, migrations.RunPython.noop),
    ]
