"""Configuration of the app. It connects the signals that keep the outage page up to date."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self):
        from operations import outage  # the import needs the models

        outage.connect_signals()
