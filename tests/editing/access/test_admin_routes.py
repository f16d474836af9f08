"""Every route of the admin, of files and of logins works for the roles in a table, and for no others.

The routes come from the URL resolver. A route that the table does not name fails the test.

The texts of the database are scripts, those of tests/support/payloads.py. No response may have one that a
browser would run. Every text has one, except for those that are too short, for half of the fields with
choices, because the pages need some valid ones, and for what must stay hidden, which has the word SECRET.
`make drill` repeats the tests with other scripts, and with the other half.
"""

import fnmatch
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import F
from django.test import Client
from wagtail.models import Page

from tests.support import admin_world, payload_world
from tests.support.admin_world import SECRET
from tests.support.committed import act_as_committed
from tests.support.fuzzing import IS_THOROUGH
from tests.support.payload_world import OF_TYPE
from tests.support.payloads import MIN_LENGTH, text_blocks, text_fields
from tests.support.routes import FAILING, FORM, Addresses, changes, routes
from tests.support.script_finder import scripts_in_response
from tests.support.signing_in import LOGIN

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def named(table):
    """Return the names in the text `table`. A word that ends with ":" or "_" begins all names of its line.

    A route without a name is called by its pattern, such as "admin/test404/".
    """
    names = set()
    for first, *rest in map(str.split, table.strip().splitlines()):
        names |= {f"{first}{name}" for name in rest} if first.endswith((":", "_")) else {first, *rest}
    return names


# --- The table ------------------------------------------------------------------------------------

EVERYBODY = named("""
    wagtailadmin_ sprite login javascript_catalog
    wagtailadmin_password_ reset reset_done reset_confirm reset_complete
    wagtailcore_login invitation
""")
# Every logged-in user may set up a second factor.
MEMBERS = {"second_factor", "my_second_factors"}
# Editors and roles above. Objects of a section are for the editors of that section only.
EDITORS = named("""
    admin/test404/ safeguarding_decisions:ask wagtaildocs_serve rendition
    hide_page trash trash_results restore_page desk_list editors_guide add_multiple
    wagtailadmin_ home account dismissibles explore explore_results choose_page
    wagtailadmin_ tag_autocomplete tag_model_autocomplete
    wagtailadmin_choose_page_ child search chosen_multiple external_link email_link phone_link anchor_link
    wagtailadmin_api: pages:listing pages:detail pages:find images:listing images:detail
    wagtailadmin_api: documents:listing documents:detail
    wagtailadmin_pages: add add_subpage choose_parent copy delete edit history history_results
    wagtailadmin_pages: move move_confirm preview_on_add preview_on_edit search search_results type_use
    wagtailadmin_pages: type_use_results usage view_draft confirm_workflow_cancellation workflow_history
    wagtailadmin_pages: workflow_history_detail revisions_compare revisions_revert revisions_view
    wagtailadmin_reports: aging_pages aging_pages_results site_history site_history_results workflow
    wagtailadmin_reports: page_types_usage page_types_usage_results
    wagtailadmin_reports: workflow_results workflow_tasks workflow_tasks_results
    wagtailadmin_editing_sessions: ping release
    wagtailadmin_workflows: task_chooser task_chooser_create task_chooser_results task_chosen
    missed_ searches searches_results search_delete
    translation_ report report_results
    story_list: index index_results choose_parent
    simple_translation:submit_ page_translation snippet_translation
    submit_ page_translation snippet_translation
    wagtailsearchpromotions: chooser chooserresults
    wagtaildocs: index index_results add add_multiple edit edit_multiple document_usage
    wagtaildocs_chooser: choose choose_results chosen chosen_multiple create
    wagtailimages: index index_results add add_multiple edit edit_multiple image_usage preview
    wagtailimages_chooser: choose choose_results chosen chosen_multiple create select_format
    people_chooser: choose choose_results chosen chosen_multiple create
    wagtailsnippets_stories_country: list list_results inspect
    wagtailsnippetchoosers_stories_country: choose choose_results chosen chosen_multiple suggest
    wagtailsnippetchoosers_ search_vocabularygroup:create stories_author:create stories_author:suggest
    wagtailsnippetchoosers_ stories_theme:create stories_theme:suggest
""")
for term in ("search_vocabularygroup", "stories_author", "stories_theme"):
    EDITORS |= named(f"""
        wagtailsnippets_{term}: list list_results add edit copy usage history history_results
        wagtailsnippetchoosers_{term}: choose choose_results chosen chosen_multiple
    """)
MODERATORS = named("""
    forget_versions wagtailadmin_explore_root show_page empty_trash wagtailsettings:edit
    delete_ document page_for_good picture
    wagtailadmin_pages: collect_workflow_action_data lock revisions_unschedule set_page_position set_privacy
    wagtailadmin_pages: workflow_action workflow_preview
    wagtailadmin_reports: locked_pages locked_pages_results
    wagtaildocs: delete delete_multiple
    wagtailimages: delete delete_multiple
    wagtailsearchpromotions: add delete edit index index_results
    wagtailsnippets_ search_vocabularygroup:delete stories_author:delete stories_theme:delete
""")
ADMINISTRATORS = named("""
    wagtailadmin_collections:* wagtailadmin_workflows:* wagtaillocales:* wagtailredirects:* wagtailsites:*
    wagtailusers_groups:* wagtailusers_users:* wagtailsearchpromotions:search_terms*
    wagtailsnippets_stories_country:* wagtailsnippetchoosers_stories_country:create
""")
# A route with many actions: the table has a name for each action, with a space before it. The response to GET
# is a page that says on which of the objects the user may carry out the action.
MANY = "wagtail_bulk_action"
ACTIONS = {
    "delete": ("author", "cleandocument", "cleanimage", "country", "theme", "vocabularygroup", "page"),
    **dict.fromkeys(("add_tags", "add_to_collection"), ("cleanimage", "cleandocument")),
    **dict.fromkeys(("looked_at", "move", "nobody_described", "publish", "unpublish"), ("page",)),
    "file_under": ("page",),
}
EDITORS |= {f"{MANY} {kind} {action}" for action, kinds in ACTIONS.items() for kind in kinds}
ADMINISTRATORS |= {f"{MANY} user *"}
# Routes that show and change nothing with the requests of this test: they redirect, need other form data or
# another page, are switched off, or fail on purpose. None of the roles may open them.
NOTHING = named("""
    admin/^.*/$ invite_again reset_second_factor wagtailredirects:process_import wagtailsnippets:index
    single_ sign_on sign_on_done
    mark_translation
    wagtailadmin_ error_test block_preview logout
    wagtailadmin_api: pages:action images:find documents:find
    wagtailadmin_pages: convert_alias unpublish unlock revisions_index
    wagtailadmin_workflows: enable enable_task remove select_task_type
    wagtailsettings:preview_on_edit
    wagtaildocs: create_multiple_from_uploaded_document delete_upload_multiple
    wagtailimages: url_generator url_generator_output create_multiple_from_uploaded_image
    wagtailimages:delete_upload_multiple
""")
# Only for members of the group Safeguarding, who are none of the roles: tests/editing/people/test_access.py.
# Editors of a page with a person open safeguarding_readings, too: tests/editing/people/test_showing.py.
SAFEGUARDING = named("""
    safeguarding_people: index index_results add edit history history_results inspect consent
    safeguarding_people: not_reached take_down bring_back stop_code words restricted print withdraw past
    safeguarding_withdrawals: index index_results after_restore report
    safeguarding_decisions: index index_results answers page read allow reader
    safeguarding_readings: start sheet enter
""")
# Routes that answer with status 200 about an object of another section too. The response then has nothing in
# it.
EMPTY_ANSWERS = {"wagtailadmin_editing_sessions:release"}
EMPTY_ANSWERS |= {f"wagtail{kind}_chooser:chosen_multiple" for kind in ("docs", "images")}
# {the lowest role that may use routes, or "nobody": their names}. All other routes are in ADMINISTRATORS.
LOWEST_ROLES = {"nobody": NOTHING | SAFEGUARDING, "visitor": EVERYBODY, "member": MEMBERS}
LOWEST_ROLES |= {"editor": EDITORS, "moderator": MODERATORS}


def lowest_role(name):
    """Return the lowest role that may use the route, or "nobody" if none of the roles may."""
    for role, names in LOWEST_ROLES.items():
        if name in names:
            return role
    assert any(fnmatch.fnmatchcase(name, pattern) for pattern in ADMINISTRATORS), f"which role is {name} for?"
    return "administrator"


# --- The walk -------------------------------------------------------------------------------------

# Tables in which Wagtail makes a row when it is needed for the first time, whatever the request is: the
# settings of a site and the profile of a user.
CREATED_ON_FIRST_REQUEST = {"home_sitesettings", "media_rendition", "wagtailusers_userprofile"}


class World(payload_world.World):
    """A site full of scripts, with a user of each role: {role: user} in `users`.

    Editors may edit its `section` alone. What is hidden in the section `other` has SECRET instead of scripts.
    """

    def _add_missing_rows(self):
        super()._add_missing_rows()
        self.users = {role: admin_world.make_role(role, self.section) for role in admin_world.ROLES}
        self.other = admin_world.make_section("Other", SECRET)
        self.other_routes = dict(Addresses(self.other))
        self.filler.kept = SECRET
        self.section.collection.add_child(name="?")  # Forms show collections if there are several.

    def _fill(self):
        super()._fill()
        # Editors see a public page if its draft has the same title.
        Page.objects.filter(live=True).exclude(draft_title__contains=SECRET).update(draft_title=F("title"))


@dataclass
class Answer:
    """The response to a request. `scripts`: what a browser would run. `changed`: tables that were written."""

    name: str
    address: str
    method: str
    status: int
    location: str
    body: str
    scripts: list
    changed: set = field(default_factory=set)

    @property
    def is_open(self):
        """Whether the route did its work: no redirect and no error, or a POST that changed the database."""
        return self.status in {200, 201, 204} or bool(self.changed and self.method == "POST")

    def __str__(self):
        return f"{self.method} {self.address} ({self.name}): {self.status} {self.changed or ''}"


def ask(client, name, address, method="GET"):
    """Return the Answer to one request. `name`: that of the route, or an empty text."""
    client.raise_request_exception = False
    response = client.post(address, FORM) if method == "POST" else client.get(address)
    status, location = response.status_code, response.headers.get("Location", "")
    body = response.getvalue() if response.streaming else response.content
    scripts = [] if status >= 500 else scripts_in_response(response, body)
    return Answer(name, address, method, status, location, body.decode(errors="replace"), scripts)


def walk(client, addresses):
    """Yield the Answer of each route to GET and then to POST. Changes are rolled back.

    `addresses`: {name: address}. A route that GET opens is not tried with POST. Neither is one whose GET
    leads to the login, because the login is checked before the view, whatever the method. Two tests of
    accounts/ send a POST to all routes: test_closed_admin.py.
    """
    cookies = client.cookies.copy()
    for name, address in addresses.items():
        for method in ("GET", "POST"):
            client.cookies = cookies.copy()  # One of the routes logs out.
            with transaction.atomic():
                with changes() as changed:
                    answer = ask(client, name, address, method)
                transaction.set_rollback(True)
            answer.changed = set(changed) - CREATED_ON_FIRST_REQUEST
            yield answer
            if answer.is_open or answer.location.startswith(LOGIN):
                break


def logged_in(user):
    """Return a new client, in which `user` is logged in, or nobody if it is None."""
    client = Client()
    if user:
        client.force_login(user)
    return client


def test_table_names_every_route_once():
    known = {name for name, _pattern in routes()}
    for name in known - {MANY}:
        lowest_role(name)
    tables = [NOTHING, SAFEGUARDING, *list(LOWEST_ROLES.values())[1:]]
    listed = set().union(*tables)
    assert len(listed) == sum(map(len, tables)), "no route is in two of the tables"
    patterns = [name.partition(" ")[0] for name in (*listed, *EMPTY_ANSWERS, *FAILING, *ADMINISTRATORS)]
    assert [each for each in patterns if each not in known and not fnmatch.filter(known, each)] == []


def test_moderators_have_the_rights_of_editors():
    editors, moderators = (Group.objects.get(name=name) for name in ("Editors", "Moderators"))
    assert set(editors.permissions.all()) < set(moderators.permissions.all())
    for name in ("page_permissions", "collection_permissions"):
        rights, more = (set(getattr(each, name).values_list("permission")) for each in (editors, moderators))
        assert rights and rights <= more


# Each turn puts other scripts into the fields. Six are a choice between time and variety.
@pytest.mark.parametrize("turn", range(6) if IS_THOROUGH else [0])
def test_every_route(turn, media_root, subtests):
    """All walks use one World, because building it takes long."""
    world = World(turn)
    assert_every_text_is_filled(world.filler)
    for role in admin_world.ROLES:
        with subtests.test(role):
            assert_works_for(role, world)
    with subtests.test("another section"):
        assert_nothing_of_another_section(world)
    with subtests.test("public pages"), pytest.MonkeyPatch.context() as patch:
        act_as_committed(patch)  # so that the navigation is cached, which all pages have
        assert_no_scripts(None, world.public(), 50)
    # Unlike the administrator of `users`, `world.administrator` is also a lead: a member of Safeguarding.
    # Public pages show more to users who may edit them. The first four: the home page, two lists and a story.
    with subtests.test("lead"):
        names = SAFEGUARDING | MORE_FOR_ADMINISTRATORS
        addresses = [*world.public()[:4], *world.pages(OF_TYPE), *(world.routes[name] for name in names)]
        assert_no_scripts(world.administrator, addresses, 55)


def assert_works_for(role, world):
    """Assert that `role` may open what the table says, and that no response has a script.

    Each role has the rights of the one before. So it is tried on its own routes and on those of the next one:
    what it may not open, no role before may open. tests/accounts/test_closed_admin.py tries visitors on all.
    """
    roles, problems, opened, asked = admin_world.ROLES, [], set(), set()
    # For users without a section, nothing is their own.
    addresses = world.other_routes if role in {"visitor", "member"} else world.routes
    lowest = {name: lowest_role(name) for name in addresses}
    own_and_next = [*roles, "nobody"][roles.index(role) :][:2]
    tried = {name: each for name, each in addresses.items() if lowest[name] in own_and_next}
    for answer in walk(logged_in(world.users[role]), tried):
        name = answer.name
        allowed = lowest[name] in roles[: roles.index(role) + 1]
        asked.add((name, allowed))
        if answer.is_open:
            opened.add(name)
            if not allowed:
                problems.append(str(answer))
        elif answer.status >= 500 and name not in FAILING:
            problems.append(str(answer))
        if SECRET in answer.body and role not in {"moderator", "administrator"}:
            problems.append(f"{answer} tells of another section")
        problems += [f"{answer} {script}" for script in answer.scripts]
    problems += [f"{name} is not for {role}" for name, allowed in asked if allowed and name not in opened]
    assert problems == []


def assert_nothing_of_another_section(world):
    """Assert that editors see nothing of the section that they may not edit, and change nothing in it."""
    # The test looks for a word that the pages and the lists do have, the lists on their first page.
    moderator = logged_in(world.users["moderator"])
    for name in ("wagtailadmin_pages:history", "wagtailimages:edit", "story_list:index", "trash"):
        assert SECRET in ask(moderator, name, world.other_routes[name]).body, name
    problems, refused = [], 0
    # If the address differs between sections, its object belongs to a section. assert_works_for() opens the
    # others.
    own, others = world.routes, world.other_routes
    differing = {name: address for name, address in others.items() if own[name] != address}
    for answer in walk(logged_in(world.users["editor"]), differing):
        if SECRET in answer.body:
            problems.append(f"{answer} tells of it")
        if answer.name in EVERYBODY | MEMBERS:
            continue
        refused += 1
        if answer.changed or (answer.is_open and answer.name not in EMPTY_ANSWERS):
            problems.append(str(answer))
    assert problems == []
    assert refused > 150  # So many requests were compared, so the loop did not skip most of them.


# --- Scripts in texts -----------------------------------------------------------------------------

# On these routes, administrators see more texts than editors do, or see them at greater length.
MORE_FOR_ADMINISTRATORS = named("""
    wagtailadmin_ home explore pages:choose_parent reports:aging_pages
    wagtailadmin_workflows: task_chooser task_chooser_create
    desk_list story_list:index story_list:choose_parent wagtailimages:index wagtailimages_chooser:choose
    wagtailsnippets_stories_author: edit copy
""") | {
    f"{MANY} {each}" for each in ("page publish", "cleandocument delete", "cleanimage delete", "theme delete")
}


def label(model, field):
    return f"{model._meta.label}.{field.name}"


def assert_every_text_is_filled(filler):
    """Assert that `filler` came to every text field and block, except for fields too short for a script.

    It put a script into each of them, or left a valid choice (ScriptFiller.choice).
    """
    fields = [(model, field) for model, found in text_fields() for field in found]
    streams = {label(*each): each[1].stream_block for each in fields if hasattr(each[1], "stream_block")}
    texts = {label(*each) for each in fields} - streams.keys()
    short = {label(*each) for each in fields if (each[1].max_length or MIN_LENGTH) < MIN_LENGTH}
    blocks = {path for name, block in streams.items() for path in text_blocks(block, name)}
    assert sorted((texts | blocks) - set(filler.places.values()) - short) == []
    # So many were found, so the search for texts works.
    assert len(texts - short) > 60
    assert len(blocks) > 80


def assert_no_scripts(user, addresses, least):
    """Assert that no response to `user` has a script, and that at least `least` of them show texts."""
    client = logged_in(user)
    answers = [ask(client, "", address) for address in dict.fromkeys(addresses)]
    assert [f"{each} {each.scripts}" for each in answers if each.scripts or each.status >= 500] == []
    assert sum(each.status == 200 for each in answers) >= least
