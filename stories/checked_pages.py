"""What every page type checks before one of its pages goes live: no protected word of a person is on it."""

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction

from safeguarding.leaks.asking import find_stops
from stories.people_check import CODE, PublishingRefused
from stories.scheduled import BY_SCHEDULE, tell_once


def find_leaks(page):
    """Return {field: [ValidationError]} of the protected words because of which `page` can't be published."""
    return {
        field or NON_FIELD_ERRORS: [ValidationError(text, code=CODE) for text in texts]
        for field, texts in find_stops(page).items()
    }


class CheckedPageMixin:
    """For page types. It holds however a page is published."""

    # CheckedPageForm sets these while it validates, as a draft can always be saved, whatever is in it.
    is_draft, is_publishing = False, None

    def clean(self):
        super().clean()
        errors = (self.find_errors() if self.would_be_live else {}) | self.find_omissions()
        if errors:
            raise ValidationError(errors)

    @property
    def would_be_live(self):
        return self.live if self.is_publishing is None else self.is_publishing

    def find_omissions(self):
        """Return {field: text} of what is missing, whether the page goes live or not."""
        return {}

    def find_errors(self):
        """Return {field: [ValidationError]} of what stands against publishing the page as it is."""
        return find_leaks(self)

    def publish(self, revision, *args, log_action=True, **kwargs):
        """Publish `revision`, or schedule it. Raises ValidationError if something stands against it.

        If that happens when the day of a scheduled version has come, it stays scheduled, and its editors are
        told once.
        """
        try:
            with transaction.atomic():
                content = revision.as_object()
                if errors := content.find_errors():
                    raise PublishingRefused(content, errors)
                return super().publish(revision, *args, log_action=log_action, **kwargs)
        except ValidationError:
            if log_action != BY_SCHEDULE:
                raise
            return tell_once(self, revision)

    publish.alters_data = True
