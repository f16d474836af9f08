"""The view of the admin that records the next consent of a person."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from safeguarding.forms import ConsentForm
from safeguarding.releases import lock_with_others
from safeguarding.scopes import Channel
from safeguarding.views import PersonMixin
from safeguarding.withdrawal.tasks import note_restriction
from safeguarding.wording import describe_status

# The channels that the site enforces. It only records the others.
ENFORCED = {Channel.WEBSITE, Channel.OTHER_LANGUAGES}


def agrees_to_less(before, now):
    """Return whether the Consent `now` lets this site show less than the Consent `before`."""
    left = {*before.where}.difference(now.where)
    return now.picture < before.picture or now.naming < before.naming or not ENFORCED.isdisjoint(left)


class ConsentView(PersonMixin, FormView):
    """Records the next consent of a person. The form is filled with what the person agreed to before."""

    form_class = ConsentForm
    template_name = "safeguarding/consent.html"
    page_title = gettext_lazy("Consent")

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"contributor": self.person, "for_user": self.request.user}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | {
            "action_url": self.request.path,
            "submit_button_label": _("Record this consent"),
            "submit_button_active_label": _("Recording…"),
            "media": context["form"].media,
        }

    @transaction.atomic
    def post(self, request, *args, **kwargs):
        # The form then sees a withdrawal that runs at the moment: SeenMixin.
        lock_with_others(kwargs["pk"])
        return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        before, now = form.former, form.save()
        if before and agrees_to_less(before, now):
            # Earlier versions and files still show more than the person agrees to now.
            self.next_view = "past"
            note_restriction(self.person, picture=now.picture, naming=now.naming, where=now.where)
        return self.leave(f"{self.person.code}: {describe_status(self.person)}")
