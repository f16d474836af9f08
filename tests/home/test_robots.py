"""robots.txt, with its policy from the site settings, and security.txt."""

import datetime
from urllib.robotparser import RobotFileParser

import pytest
import time_machine
from wagtail.models import Site

from home.models import SiteSettings
from tests.support.page_heads import SITE, change_settings

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]

SECURITY = "/.well-known/security.txt"


def rules(client):
    """Return the parsed robots.txt."""
    response = client.get("/robots.txt")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    parser = RobotFileParser()
    parser.parse(response.content.decode().splitlines())
    return parser


def allowed(client, robot):
    return rules(client).can_fetch(robot, f"{SITE}/stories/")


def test_by_default_search_engines_are_allowed_and_ai_training_robots_are_not(client):
    assert allowed(client, "Googlebot")
    assert allowed(client, "facebookexternalhit")
    for robot in ("AI2Bot", "GPTBot", "ClaudeBot", "Google-Extended", "CCBot", "YandexAdditional"):
        assert not allowed(client, robot), robot
    assert rules(client).site_maps() == [f"{SITE}/sitemap.xml"]


def test_the_policy_is_a_setting(client):
    change_settings(robots=SiteSettings.Robots.ALL)
    assert allowed(client, "GPTBot")
    assert allowed(client, "Googlebot")
    for policy in (SiteSettings.Robots.NONE, "unknown"):  # An unknown policy is read as NONE.
        change_settings(robots=policy)
        assert not allowed(client, "GPTBot")
        assert not allowed(client, "Googlebot")
        assert "welcome" not in client.get("/robots.txt").content.decode(), "as search engines are by default"


def test_security_txt_names_the_contact_for_the_next_360_days(client):
    change_settings(contact_email="help+site@example.org")
    with time_machine.travel(datetime.datetime(2026, 3, 14, 15, 9, tzinfo=datetime.UTC), tick=False):
        response = client.get(SECURITY)
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().splitlines() == [
        "Contact: mailto:help+site@example.org",
        "Expires: 2027-03-09T00:00:00Z",
        "Preferred-Languages: en",
        f"Canonical: {SITE}{SECURITY}",
    ]


def test_there_is_no_security_txt_without_a_contact(client):
    assert client.get(SECURITY).status_code == 404


# The numbers are what the files take today. They are few, because robots ask often.
@pytest.mark.parametrize(("address", "number_of_queries"), [("/robots.txt", 2), (SECURITY, 3)])
def test_both_files_are_read_only_and_cheap_and_set_no_cookie(
    client, django_assert_num_queries, address, number_of_queries
):
    change_settings(contact_email="help@example.org")
    with django_assert_num_queries(number_of_queries):
        assert not client.get(address).cookies
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", ["/robots.txt", SECURITY])
def test_a_host_without_a_site_has_neither(client, address):
    Site.objects.all().delete()
    assert client.get(address).status_code == 404
