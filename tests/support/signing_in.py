"""Sends the forms of accounts: signing in, the account page, and links to choose a password."""

import datetime
import re
import threading
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core import mail
from django.test import Client

from tests.support import builders

LOGIN, ACCOUNT, RESET = "/admin/login/", "/admin/account/", "/admin/password_reset/"
# The time at which the tests of accounts stop the clock.
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
# The list of users, the form that adds one, and valid data for that form and for the one that edits a user.
USERS, ADD_USER = "/admin/users/", "/admin/users/new/"
USER_DATA = {"username": "amina", "email": "amina@example.org", "first_name": "Amina", "last_name": "B."}
# A token of the form that Django makes, in links to choose a password.
TOKEN = "dam7x2-0123456789abcdef0123456789abcdef"
# How long a limit on attempts lasts.
COOL_OFF = datetime.timedelta(minutes=15)
WRONG_PASSWORD, NEW_PASSWORD = "wrong-lantern-road-41", "another-lantern-road-42"
# The answer to an attempt above the limit.
TOO_MANY = "There were too many tries."
# Redirect targets on other sites, which no sign-in may follow.
FOREIGN_TARGETS = ["https://evil.example/", "//evil.example", "javascript:alert(1)"]
# A mail server that does not run.
SMTP = "django.core.mail.backends.smtp.EmailBackend"
DEAD_MAIL_SERVER = {"BACKEND": SMTP, "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 5}}
DEAD_MAIL_SERVER = {"default": DEAD_MAIL_SERVER}
# An address that Django accepts and can't write into a message: the label of the domain is too long.
UNSENDABLE_ADDRESS = f"a@{'ü' * 60}.org"


def new_user_data(**fields):
    """Return valid data for the form that adds a user: that of an editor."""
    return USER_DATA | {"groups": Group.objects.get(name="Editors").pk} | fields


def signed_in(user, password=builders.PASSWORD, **more):
    """Return a client in which `user` has given the password. `more`: other data of the login form."""
    client = Client()
    assert client.post(LOGIN, {"username": user.username, "password": password} | more).status_code == 302
    return client


def is_signed_in(client):
    """Return whether `client` may open the admin: the second factor, if one is needed, was given too."""
    # The address of the admin that takes the least time.
    return client.get("/admin/tag-autocomplete/").status_code == 200


def attempt(name, password=WRONG_PASSWORD, login=LOGIN, address="9.0.2.1", **headers):
    """Send the form at `login` in a new browser, from the network address `address`; return the Attempt."""
    data = {"username": name, "password": password}
    response = Client(REMOTE_ADDR=address).post(login, data, headers=headers)
    page = re.sub(r'(csrfmiddlewaretoken" value|nonce|"CSRF_TOKEN")[=:] ?"[^"]+"', "", response.text)
    return Attempt(page.replace(f'value="{name}"', ""), response.status_code == 302, TOO_MANY in page)


@dataclass(frozen=True)
class Attempt:
    """The response to a login form, without the parts of the page that differ in each response."""

    page: str
    signed_in: bool
    refused: bool  # There were too many attempts before, so the password was not checked.


def account_form(client, **fields):
    """Return the form data of the account page with `fields` changed."""
    form = builders.parse(client.get(ACCOUNT)).select_one("form[enctype]")
    data = {each["name"]: each.get("value", "") for each in form.select("input[name]:not([type=checkbox])")}
    for each in form.select("select[name]"):
        data[each["name"]] = (each.select_one("option[selected]") or each.option)["value"]
    # The page requires names, which users of make_user() lack by default.
    return data | {"name_email-first_name": "Amina", "name_email-last_name": "B."} | fields


def password_fields(old=builders.PASSWORD):
    """Return the fields of the account page that change the password to NEW_PASSWORD."""
    new = dict.fromkeys(("password-new_password1", "password-new_password2"), NEW_PASSWORD)
    return {"password-old_password": old} | new


def email_of(user):
    return get_user_model().objects.get(pk=user.pk).email


def ask_reset(email, address="9.0.2.1"):
    """Request a link to reset a password from the network address `address`; return the response."""
    response = Client(REMOTE_ADDR=address).post(RESET, {"email": email})
    # The mail is sent in a thread, so that the time of the response does not tell whether there is one.
    for thread in threading.enumerate():
        if thread.name == "reset mail":
            thread.join()
    return response


def link_in(text, kind):
    """Return the path of the one link to choose a password in `text`.

    `kind`: "invitation" or "password_reset/confirm".
    """
    [link] = set(re.findall(rf"http://127\.0\.0\.1:8000(/admin/{kind}/[\w-]+/[\w.-]+/)", text))
    return link


def last_link(kind):
    """Return the path of the link in the last mail; `kind` as for link_in."""
    return link_in(mail.outbox[-1].body, kind)


def choose_password(client, page, password=NEW_PASSWORD):
    """Send the form of `page`, the response to a link to choose a password; return the next response."""
    return client.post(page.request["PATH_INFO"], {"new_password1": password, "new_password2": password})
