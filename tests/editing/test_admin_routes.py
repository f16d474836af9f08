"""Every route of the admin, of files and of logins works for the roles in a table, and for no others.

The routes come from the URL resolver. One that the table does not name fails the test: say whom it is for.
"""

import fnmatch
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from tests.support import admin_world
from tests.support.admin_world import SECRET
from tests.support.routes import FORM, Addresses, changes, routes
from tests.support.signing_in import LOGIN

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db]


def named(table):
    """Return the names in the text `table`. Each line is a name, or a prefix and then the rest of each name.

    A route without a name is called by its pattern, such as "admin/test404/".
    """
    lines = [line.split() for line in table.strip().splitlines()]
    return {f"{start}{name}" for start, *names in lines for name in names or [""]}


# --- The table ------------------------------------------------------------------------------------

EVERYBODY = named("""
    wagtailadmin_ sprite login javascript_catalog
    wagtailadmin_password_ reset reset_done reset_confirm reset_complete
    wagtailcore_ login authenticate_with_password
    invitation
""")
# Every logged-in user may set up a second factor.
MEMBERS = {"second_factor", "my_second_factors"}
# Editors and roles above. Objects of a section are for the editors of that section only.
EDITORS = named("""
    admin/test404/
    wagtailadmin_ home account dismissibles explore explore_results
    wagtailadmin_ tag_autocomplete tag_model_autocomplete
    wagtailadmin_choose_page_ child search chosen_multiple external_link email_link phone_link anchor_link
    wagtailadmin_choose_page
    wagtailadmin_api:pages: listing detail
    wagtailadmin_api:images: listing detail
    wagtailadmin_api:documents: listing detail
    wagtailadmin_pages: add add_subpage choose_parent copy delete edit history history_results
    wagtailadmin_pages: move move_confirm preview_on_add preview_on_edit search search_results type_use
    wagtailadmin_pages: type_use_results usage view_draft confirm_workflow_cancellation workflow_history
    wagtailadmin_pages: workflow_history_detail revisions_compare revisions_revert revisions_view
    wagtailadmin_reports: aging_pages aging_pages_results site_history site_history_results workflow
    wagtailadmin_reports: workflow_results workflow_tasks workflow_tasks_results
    wagtailadmin_editing_sessions: ping release
    wagtailadmin_workflows: task_chooser task_chooser_create task_chooser_results task_chosen
    missed_ searches searches_results search_delete
    hide_page
    trash
    trash_results
    restore_page
    translation_ report report_results
    desk_list
    editors_guide
    story_list: index index_results choose_parent
    simple_translation:submit_ page_translation snippet_translation
    submit_ page_translation snippet_translation
    add_multiple
    wagtailsearchpromotions: chooser chooserresults
    wagtaildocs: index index_results add add_multiple edit edit_multiple document_usage
    wagtaildocs_chooser: choose choose_results chosen chosen_multiple create
    wagtailimages: index index_results add add_multiple edit edit_multiple
    wagtailimages: image_usage preview
    wagtailimages_chooser: choose choose_results chosen chosen_multiple create select_format
    people_chooser: choose choose_results chosen chosen_multiple
    wagtailsnippets:index
    wagtailsnippets_stories_country: list list_results inspect
    wagtailsnippetchoosers_stories_country: choose choose_results chosen chosen_multiple suggest
    wagtailsnippetchoosers_stories_author: create suggest
    wagtailsnippetchoosers_stories_theme: create suggest
    wagtaildocs_serve
    rendition
""")
for term in ("search_vocabularygroup", "stories_author", "stories_theme"):
    EDITORS |= named(f"""
        wagtailsnippets_{term}: list list_results add edit copy usage history history_results
        wagtailsnippetchoosers_{term}: choose choose_results chosen chosen_multiple
    """)
MODERATORS = named("""
    forget_versions
    wagtailadmin_explore_root
    show_page
    empty_trash
    delete_ document page_for_good picture
    wagtailadmin_pages: collect_workflow_action_data lock revisions_unschedule set_page_position set_privacy
    wagtailadmin_pages: convert_alias workflow_action workflow_preview
    wagtailadmin_reports: locked_pages locked_pages_results page_types_usage page_types_usage_results
    wagtaildocs: delete delete_multiple
    wagtailimages: delete delete_multiple
    wagtailsearchpromotions: add delete edit index index_results
    wagtailsettings:edit
    wagtailsnippets_ search_vocabularygroup:delete stories_author:delete stories_theme:delete
""")
ADMINISTRATORS = [
    "wagtailadmin_collections:*",
    "wagtailadmin_workflows:*",
    "wagtaillocales:*",
    "wagtailredirects:*",
    "wagtailsites:*",
    "wagtailusers_groups:*",
    "wagtailusers_users:*",
    "wagtailsearchpromotions:search_terms*",
    "wagtailsnippets_stories_country:*",
]
# Routes with many actions: the table has a name for each action, with a space before it.
MANY = {"wagtail_bulk_action"}
BULK_DELETED = ("author", "cleandocument", "cleanimage", "country", "theme", "vocabularygroup")
PAGE_ACTIONS = ("delete", "looked_at", "move", "nobody_described", "publish", "unpublish")
EDITORS |= {
    f"wagtail_bulk_action {each}"
    for each in [
        f"{kind} {action}"
        for kind in ("cleanimage", "cleandocument")
        for action in ("add_tags", "add_to_collection")
    ]
    # The response to GET is a page that says on which of the objects the user may carry out the action.
    + [f"{kind} delete" for kind in BULK_DELETED]
    + [f"page {action}" for action in PAGE_ACTIONS]
}
ADMINISTRATORS.append("wagtail_bulk_action user *")
# Routes that show and change nothing with the requests of this test: they redirect, need other form data or
# another page, or are switched off. None of the roles may open them.
NOTHING = named("""
    admin/^.*/$
    invite_again
    reset_second_factor
    process_import
    single_ sign_on sign_on_done
    wagtailadmin_ error_test block_preview logout
    wagtailadmin_api: pages:action pages:find images:find documents:find
    wagtailadmin_pages: unpublish unlock revisions_index
    wagtailadmin_workflows: enable enable_task remove select_task_type
    wagtailredirects:process_import
    wagtailsettings:preview_on_edit
    wagtaildocs: create_multiple_from_uploaded_document delete_upload_multiple
    wagtaildocs_authenticate_with_password
    wagtailimages: url_generator url_generator_output create_multiple_from_uploaded_image
    wagtailimages:delete_upload_multiple
""")
# Only for members of the group Safeguarding, who are none of the roles: tests/safeguarding/test_access.py.
SAFEGUARDING = named("""
    safeguarding_people: index index_results add add_other edit history history_results inspect consent
    safeguarding_people: not_reached take_down bring_back restricted print withdraw correct_name
    safeguarding_withdrawals: index after_restore report
    safeguarding_decisions: index page read
""")
# Routes whose response is empty.
EMPTY_ANSWERS = named("""
    wagtailadmin_editing_sessions:release
    wagtaildocs_chooser:chosen_multiple
    wagtailimages_chooser:chosen_multiple
""")
# A view of Wagtail that always fails, for users of the admin who test the reports of errors.
FAILING = {"wagtailadmin_error_test"}
# (names of routes, the lowest role that may use them, or None). All other routes are in ADMINISTRATORS.
LOWEST_ROLES = [
    (NOTHING, None),
    (SAFEGUARDING, None),
    (EVERYBODY, "visitor"),
    (MEMBERS, "member"),
    (EDITORS, "editor"),
    (MODERATORS, "moderator"),
]


def lowest_role(name):
    """Return the lowest role that may use the route, or None if none of the roles may."""
    for names, role in LOWEST_ROLES:
        if name in names:
            return role
    assert any(fnmatch.fnmatchcase(name, pattern) for pattern in ADMINISTRATORS), f"which role is {name} for?"
    return "administrator"


# --- The walk -------------------------------------------------------------------------------------

# Tables in which Wagtail makes a row when it is needed for the first time, whatever the request is: the
# settings of a site and the profile of a user.
CREATED_ON_FIRST_REQUEST = {"home_sitesettings", "wagtailusers_userprofile"}


@pytest.fixture(scope="module")
def world(shared_sections):
    """The section that editors may edit, and {name: address} of all routes for it and for another one."""
    own, other = shared_sections
    return SimpleNamespace(
        own=own, own_addresses=dict(Addresses(own)), other_addresses=dict(Addresses(other))
    )


def walk(client, addresses):
    """Yield (name, address, method, status, body, changed tables) of each route. Changes are rolled back.

    `addresses`: {name: address}. A route whose GET leads to the login is not tried with POST, because the
    login is checked before the view, whatever the method. tests/accounts/test_closed_admin.py tries both.
    """
    cookies = client.cookies.copy()
    client.raise_request_exception = False
    for name, address in addresses.items():
        for method, ask in (("GET", client.get), ("POST", client.post)):
            client.cookies = cookies.copy()  # One of the routes logs out.
            with transaction.atomic():
                with changes() as changed:
                    response = ask(address, FORM if method == "POST" else {})
                    body = response.getvalue() if response.streaming else response.content
                transaction.set_rollback(True)
            by_request = set(changed) - CREATED_ON_FIRST_REQUEST
            yield name, address, method, response.status_code, body.decode(errors="replace"), by_request
            if response.headers.get("Location", "").startswith(LOGIN):
                break


def is_open(status, method, changed):
    """Return whether a route did its work: no redirect and no error, or a POST that changed the database."""
    return status in {200, 201, 204} or bool(changed and method == "POST")


def log_in(client, role, section):
    user = admin_world.make_role(role, section)
    if user:
        client.force_login(user)


def test_table_names_every_route_once():
    known = {name for name, _pattern in routes()}
    for name in known - MANY:
        lowest_role(name)
    tables = [names for names, _role in LOWEST_ROLES]
    listed = set().union(*tables)
    assert len(listed) == sum(map(len, tables)), "no route is in two of the tables"
    patterns = [name.partition(" ")[0] for name in (*listed, *EMPTY_ANSWERS, *FAILING, *ADMINISTRATORS)]
    assert [pattern for pattern in patterns if not fnmatch.filter(known, pattern)] == []


def test_moderators_have_the_rights_of_editors():
    editors, moderators = (Group.objects.get(name=name) for name in ("Editors", "Moderators"))
    assert set(editors.permissions.all()) < set(moderators.permissions.all())
    for permissions in ("page_permissions", "collection_permissions"):
        rights, more = (
            set(getattr(group, permissions).values_list("permission", flat=True))
            for group in (editors, moderators)
        )
        assert rights and rights <= more


# Each role has the rights of the one before. So it is tried on its own routes and on those of the next one:
# what it may not open, no role before may open. tests/accounts/test_closed_admin.py tries visitors on all.
@pytest.mark.parametrize("role", admin_world.ROLES)
def test_routes_work_for_the_roles_of_the_table(role, client, world):
    log_in(client, role, world.own)
    roles, problems, opened, asked = admin_world.ROLES, [], set(), set()
    addresses = world.own_addresses if role == "editor" else world.other_addresses
    lowest = {name: lowest_role(name) for name in addresses}
    own_and_next = [*roles, None][roles.index(role) :][:2]
    tried = {name: each for name, each in addresses.items() if lowest[name] in own_and_next}
    for name, address, method, status, body, changed in walk(client, tried):
        allowed = lowest[name] and roles.index(role) >= roles.index(lowest[name])
        asked.add((name, bool(allowed)))
        if is_open(status, method, changed):
            opened.add(name)
            if not allowed:
                problems.append(f"{method} {address} ({name}): {status} {changed}")
        elif status >= 500 and name not in FAILING:
            problems.append(f"{method} {address} ({name}): {status}")
        if SECRET in body and role not in {"moderator", "administrator"}:
            problems.append(f"{method} {address} ({name}): tells of another section")
    problems += [f"{name} is not for {role}" for name, allowed in asked if allowed and name not in opened]
    assert problems == []


def test_routes_give_editors_nothing_of_another_section(client, world):
    log_in(client, "editor", world.own)
    problems, refused = [], 0
    # If the address differs between sections, its object belongs to a section. The test above opens the
    # others.
    own, others = world.own_addresses, world.other_addresses
    differing = {name: address for name, address in others.items() if own[name] != address}
    for name, address, method, status, body, changed in walk(client, differing):
        if SECRET in body:
            problems.append(f"{method} {address} ({name}): tells of it")
        if name in EVERYBODY | MEMBERS:
            continue
        refused += 1
        if changed or (is_open(status, method, changed) and name not in EMPTY_ANSWERS):
            problems.append(f"{method} {address} ({name}): {status} {changed}")
    assert problems == []
    assert refused > 150  # So many requests were compared, so the loop did not skip most of them.


def test_moderators_see_the_secret_word(client, world):
    """test_routes_give_editors_nothing_of_another_section looks for a word that the pages do have."""
    log_in(client, "moderator", None)
    for name in ("pages:edit", "pages:history", "pages:revisions_compare", "choose_page_child", "pages:copy"):
        assert SECRET in client.get(world.other_addresses[f"wagtailadmin_{name}"]).content.decode()
    for name in ("wagtailimages:edit", "wagtaildocs:edit", "wagtail_bulk_action page publish"):
        assert SECRET in client.get(world.other_addresses[name]).content.decode()
