"""The public screens of a reading: the text, then one question a screen, without an account or a cookie.

All answers travel in hidden fields from screen to screen. With a link, so does a ticket, which stands for the
code and counts for some minutes: *Back* shows nothing later. Opening the address changes nothing, because
messengers open links by themselves.
"""

from django.conf import settings
from django.http import QueryDict
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt

from safeguarding.encryption import decrypt, encrypt
from safeguarding.reading_answers import record
from safeguarding.reading_forms import AnswersForm
from safeguarding.reading_start import find_open, is_ticket, make_ticket, try_code
from safeguarding.reading_text import render_text

# Pictures are in the page: render_text().
READING_CSP = settings.SECURE_CSP | {"img-src": [CSP.SELF, "data:"]}


# Whoever sends a form knows the secret in the address. A CSRF token would need a cookie.
@method_decorator([csrf_exempt, csp_override(READING_CSP)], name="dispatch")
class ReadingView(View):
    """The screens of one reading. Everything that can't be opened gets the same response.

    `step`: 0 is the text, then come the questions, and then all answers.
    """

    def get(self, request, token):
        reading = find_open(token)
        is_locked = reading and reading.code
        return self.show("code", reading) if is_locked else self.show_step(reading, request.POST)

    def post(self, request, token):
        """Show a screen to whoever has a ticket, "read", or the code together with the ticket "code".

        Those who come late are asked for the code again. What they sent waits encrypted in that form.
        """
        reading, sent = find_open(token), request.POST
        code, ticket, kept = (sent.get(name, "") for name in ("code", "ticket", "kept"))
        if reading and reading.code and not is_ticket(ticket, reading, "read"):
            kept = kept or encrypt(f"{reading.token} {sent.urlencode()}")
            is_asked = is_ticket(ticket, reading, "code")
            if not is_asked or not try_code(reading, token, code):
                return self.show("code", find_open(token), is_late=not is_asked, kept=kept)
            whose, _blank, text = decrypt(kept).partition(" ")
            sent = QueryDict(text if whose == reading.token else "")
        return self.show_step(reading, sent)

    def show_step(self, reading, sent):
        """Return the screen that `sent`, the fields of a form, asks for, or record the answers in it."""
        if not reading:
            return self.show("closed", None)
        form = AnswersForm(sent, reading=reading)
        form.full_clean()
        rows = form.rows
        if "everything" in sent or ("send" in sent and not (reading.is_current and form.missing)):
            try:
                record(reading, form.answers)
            except ValueError:
                return self.show("changed", reading)
            return self.show("thanks", reading)
        if not reading.is_current and "none" not in sent:
            return self.show("changed", reading)
        context = {"form": form, "rows": rows, "steps": len(rows)}
        if "none" in sent:
            return self.show("none", reading, step=read_number(sent.get("step")), **context)
        step = read_number(sent.get("go") or sent.get("next"))
        if not step:
            text = render_text(self.request, reading.shown[0])
            return self.show("read", reading, step=0, text=text, **context)
        if step > len(rows) and form.missing:
            step = next(number for number, field, *_more in rows if field.name in form.missing)
        if step > len(rows):
            return self.show("check", reading, step=step, **context)
        _number, field, words, _about = rows[step - 1]
        return self.show("question", reading, step=step, field=field, words=words, **context)

    def show(self, screen, reading, **context):
        context |= {"reading": reading, "screen": screen if reading else "closed"}
        context["ticket"] = make_ticket(reading, "code" if screen == "code" else "read") if reading else ""
        response = render(self.request, "safeguarding/reading.html", context, status=200 if reading else 404)
        add_never_cache_headers(response)
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response


def read_number(text):
    """Return the number of a step in `text`, or 0."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 3 else 0
