"""Creates the default vocabulary."""

import csv
from pathlib import Path

from django.db import migrations

VOCABULARY_FILE = Path(__file__).parent.parent / "data" / "vocabulary.csv"


def join_terms(row):
    """Return the terms of all languages of a row, one on each line. A term of several languages comes once."""
    cells = [row[language] for language in ("en", "fr", "es", "ar")]
    return "\n".join(dict.fromkeys(term for cell in cells if cell for term in cell.split("; ")))


def add_groups(apps, schema_editor):
    VocabularyGroup = apps.get_model("search.VocabularyGroup")
    with open(VOCABULARY_FILE, newline="", encoding="utf-8") as file:
        VocabularyGroup.objects.bulk_create(
            VocabularyGroup(terms=join_terms(row)) for row in csv.DictReader(file)
        )


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(add_groups, migrations.RunPython.noop)]
