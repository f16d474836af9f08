from django.conf import settings
from django.db import migrations, models
from django.db.models import Exists, OuterRef


def mark_translations(apps, schema_editor):
    """Mark the translations that there are, and their aliases."""
    Page, Release, Use = (
        apps.get_model(each) for each in ("wagtailcore.Page", "safeguarding.Release", "safeguarding.Use")
    )
    same = Page.objects.filter(translation_key=OuterRef("page__translation_key"), pk__lt=OuterRef("page"))
    originals = same.exclude(locale=OuterRef("page__locale"))
    known = Use.objects.filter(page=OuterRef("page"), other_language=True)
    Release.objects.filter(Exists(originals) | Exists(known)).update(other_language=True)
    marked, others = (Release.objects.filter(other_language=each) for each in (True, False))
    # Aliases can have aliases.
    while others.filter(page__alias_of__in=marked.values("page")).update(other_language=True):
        pass


class Migration(migrations.Migration):

    dependencies = [
        ('safeguarding', '0007_older_database'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='release',
            name='other_language',
            field=models.BooleanField(default=False),
        ),
        migrations.RunPython(mark_translations, migrations.RunPython.noop),
    ]
