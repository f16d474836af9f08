from django.apps import AppConfig


class SiteProjectConfig(AppConfig):
    name = "site_project"

    def ready(self):
        from site_project import generation, outage  # they need the models

        generation.start()
        outage.start()
