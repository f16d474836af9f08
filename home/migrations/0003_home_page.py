"""Replaces Wagtail's welcome page by a HomePage, with a site at the host and port of BASE_URL."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import migrations


def add_home_page(apps, schema_editor):
    ContentType = apps.get_model("contenttypes.ContentType")
    Locale = apps.get_model("wagtailcore.Locale")
    Page = apps.get_model("wagtailcore.Page")
    Site = apps.get_model("wagtailcore.Site")
    HomePage = apps.get_model("home.HomePage")

    Page.objects.filter(content_type__model="page", slug="home", depth=2).delete()
    content_type, _ = ContentType.objects.get_or_create(app_label="home", model="homepage")
    home = HomePage.objects.create(
        title="Home",
        draft_title="Home",
        headline="Stories",
        slug="home",
        content_type=content_type,
        locale=Locale.objects.get(language_code=settings.LANGUAGE_CODE),
        path="00010001",
        depth=2,
        numchild=0,
        url_path="/home/",
    )
    # Wagtail makes absolute URLs from the host and port of the site.
    address = urlsplit(settings.WAGTAILADMIN_BASE_URL)
    Site.objects.create(
        hostname=address.hostname,
        port=address.port or (443 if address.scheme == "https" else 80),
        root_page=home,
        is_default_site=True,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("home", "0002_initial"),
        ("wagtailcore", "0098_apitoken"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(add_home_page, migrations.RunPython.noop)]
