from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('stories', '0005_section'),
    ]

    operations = [
        migrations.AddField(
            model_name='storypage',
            name='word_count',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='words'),
        ),
        migrations.AddField(
            model_name='storypage',
            name='undescribed_pictures',
            field=models.PositiveIntegerField(default=0, editable=False, verbose_name='pictures without alternative text'),
        ),
    ]
