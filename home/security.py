"""security.txt (RFC 9116): the contact for reports of security problems."""

import datetime
from urllib.parse import quote

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from home.models import HomePage, SiteSettings
from publishing.addresses import absolute
from publishing.visibility import published_pages

# How long the file is valid. RFC 9116, section 2.5.5, recommends less than a year.
VALIDITY = datetime.timedelta(days=360)


@require_safe
def security_txt(request):
    """Serve the file with the contact of the site settings. Raises Http404 when that is empty."""
    contact = SiteSettings.get_or_404(request).contact_email
    if not contact:
        raise Http404
    # The beginning of the day in UTC, so that the file stays the same for a day.
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    homes = HomePage.objects.filter(pk__in=published_pages()).order_by("pk")
    languages = homes.values_list("locale__language_code", flat=True)
    fields = {
        "Contact": f"mailto:{quote(contact, safe='@+')}",
        "Expires": (today + VALIDITY).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Preferred-Languages": ", ".join(languages),
        "Canonical": absolute(request.path),
    }
    text = "".join(f"{name}: {value}\n" for name, value in fields.items() if value)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
