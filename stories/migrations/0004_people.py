import django.db.models.deletion
import modelcluster.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0003_permissions'),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='storyindexpage',
            name='people',
            field=models.CharField(blank=True, choices=[('', 'Not decided yet'), ('none', 'Nobody: no person is described'), ('unknown', 'A person, but nobody could tell who'), ('listed', 'These people')], max_length=10, verbose_name='people'),
        ),
        migrations.RenameField(model_name='storyperson', old_name='story', new_name='page'),
        migrations.AlterField(
            model_name='storyperson',
            name='page',
            field=modelcluster.fields.ParentalKey(on_delete=django.db.models.deletion.CASCADE, related_name='story_people', to=settings.WAGTAIL_PAGE_MODEL),
        ),
        migrations.AlterField(
            model_name='storyperson',
            name='naming',
            field=models.IntegerField(blank=True, choices=[(0, 'Not named'), (1, 'By a changed name'), (2, 'By the real name')], null=True, verbose_name='named in the page'),
        ),
    ]
