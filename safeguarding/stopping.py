"""The public page on which a person takes down everything about herself with a stop code, without an account.

It sets no cookie, and no cache keeps it. Nothing limits it: a right code works while others send wrong ones.
"""

from django.conf import settings
from django.db import transaction
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from wagtail.log_actions import log

from safeguarding.holds import take_down
from safeguarding.mails import mail_leads, recipients
from safeguarding.models import StopCode
from safeguarding.withdrawal.locking import retry_conflicts
from safeguarding.withdrawal.tasks import NotYet, add_task, step


# Whoever sends the form knows the code. A CSRF token would need a cookie.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_page(request):
    """View of /stop/. All wrong codes get the same answer."""
    person = StopCode.find_person(request.POST.get("code", ""))
    if person:
        stop(person)
    response = render(request, "safeguarding/stop.html", {"is_done": bool(person)})
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@retry_conflicts
@transaction.atomic
def stop(person):
    """Take down everything about `person`, who sent the stop code, and have the leads told."""
    take_down(person, None)
    StopCode.objects.filter(contributor=person).update(used_at=timezone.now())
    log(person, "safeguarding.stop")
    add_task(None, "stop", code=person.code, key=person.pk)


# The scheduler sends the mail: the person does not wait for the mail server.
@step("stop", gettext_lazy("Tell the safeguarding team that somebody sent a stop code"), is_slow=True)
def tell_leads(task):
    def compose():
        text = _("%s sent a stop code, and is taken down. Speak with the person before you bring them back.")
        address = reverse("safeguarding_people:words", args=[task.data["key"]])
        return f"{text % task.data['code']}\n\n{settings.BASE_URL}{address}"

    if not mail_leads(gettext_lazy("Somebody sent a stop code"), compose) and recipients().exists():
        raise NotYet
