"""Adds the 249 countries of ISO 3166-1, each with its region in the UN's M49 standard."""

import csv
from pathlib import Path

from django.db import migrations


def add_countries(apps, schema_editor):
    Country = apps.get_model("stories.Country")
    with open(Path(__file__).with_name("countries.csv"), newline="") as file:
        Country.objects.bulk_create(Country(**row) for row in csv.DictReader(file))


class Migration(migrations.Migration):
    dependencies = [("stories", "0001_initial")]
    operations = [migrations.RunPython(add_countries, migrations.RunPython.noop)]
