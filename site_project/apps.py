from django.apps import AppConfig


class SiteProjectConfig(AppConfig):
    name = "site_project"

    def ready(self):
        from media import generation
        from site_project import outage  # they need the models

        generation.start()
        outage.start()
