from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('safeguarding', '0005_withdrawal'),
    ]

    operations = [
        migrations.AddField(
            model_name='ledger',
            name='is_written',
            field=models.BooleanField(default=False),
        ),
    ]
