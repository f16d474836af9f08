"""Configuration of the app. It connects the signal of its module."""

from django.apps import AppConfig

from operations import planner


class OperationsConfig(AppConfig):
    name = "operations"

    def ready(self):
        planner.connect_signals()
