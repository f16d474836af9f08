"""Configuration of the app. It connects the signals of its modules."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self):
        from operations import outage, planner  # the imports need the models

        outage.connect_signals()
        planner.connect_signals()
