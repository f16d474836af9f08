"""docs/overrides.md lists every override of Wagtail and Django, and what they override has not changed.

Wagtail's templates with inline scripts, which the Content Security Policy blocks, are all overridden. No
other template of the admin has an inline script, style or event attribute.
"""

import ast
import hashlib
import inspect
import itertools
import re
from pathlib import Path
from pkgutil import resolve_name

import django
import pytest
import wagtail
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.utils.module_loading import import_string

from editing.overrides.patches import PATCHES
from tests.support.overrides import ROOT, TABLE
from tests.support.routes import all_routes

pytestmark = pytest.mark.sqlite_only


PACKAGES = Path(wagtail.__file__).parents[1]
# Folders without code of the running site.
SKIPPED = {"tests", ".venv", "data"}
ISSUE = re.compile(r"none known|\[#(\d+)\]\(https://github\.com/wagtail/wagtail/issues/\1\)")


# Attributes whose names begin with an underscore, and that are ours or documented.
PUBLIC = {"_asdict", "_base_manager", "_default_manager", "_fields", "_is_lead", "_meta"}
PUBLIC |= {"_replace", "_save", "_state"}
PRIVATE_ROW = r"^\| `([\w.]+)` \| `(_\w+)` \| .+ \| `([\w/]+\.py)::(\w+)` \| `(\w+)` \|$"
# A class that finds its methods by name.
DYNAMIC = re.compile("""getattr\\(self, f['"]_""")
# Assignments that are no overrides: (file, target). The first one is a documented setting of Pillow. The
# others are attributes of our own on a connection to the database.
ALLOWED = {("media/sanitizer/raster.py", "PngImagePlugin.MAX_TEXT_MEMORY")}
ALLOWED |= {("operations/statement_timeout.py", f"connection.statement_{x}") for x in ("limit", "deadline")}
ALLOWED |= {("operations/management/commands/move_database.py", "connections.settings['source']")}
ALLOWED |= {("operations/management/commands/run_due_work.py", "connection.has_limit")}


def is_file(name):
    return "/" in name


def source_of(what):
    """Return the bytes of a file, or the source of a method, a function or a class with its base classes.

    Base classes of other modules are left out. For an attribute that is not callable, return the source of
    the class.
    """
    if is_file(what):
        return (PACKAGES / what).read_bytes()
    if what in PATCHES:
        original = resolve_name(PATCHES[what]).original
        return inspect.getsource(original if callable(original) else owner_of(what)).encode()
    parent, _dot, name = what.rpartition(".")
    try:
        found = import_string(what)
    except ImportError:  # a method
        found = getattr(import_string(parent), name)
    if not inspect.isclass(found):
        return inspect.getsource(found).encode()
    classes = [each for each in inspect.getmro(found) if each.__module__ == found.__module__]
    return "".join(map(inspect.getsource, classes)).encode()


def dotted_name(thing):
    return thing.__name__ if inspect.ismodule(thing) else f"{thing.__module__}.{thing.__qualname__}"


# --- What the tree overrides ----------------------------------------------------------------------


def overridden_templates():
    """Return {template of an installed package: our template of the same name}."""
    folders = [Path(folder) for folder in get_app_template_dirs("templates")]
    own = [folder for folder in folders if ROOT in folder.parents and PACKAGES not in folder.parents]
    others = [folder for folder in folders if folder not in own]
    # Some apps that are not installed have templates under names that Wagtail or Django look for.
    for package in (wagtail, django):
        others += sorted(Path(package.__file__).parent.glob("contrib/*/templates"))
    found = {}
    for path, name in [(path, path.relative_to(folder)) for folder in own for path in folder.rglob("*.*")]:
        if other := next((other for other in others if (other / name).exists()), None):
            found[str((other / name).relative_to(PACKAGES))] = str(path.relative_to(ROOT))
    return found


def overridden_views():
    """Return {view that is never reached: the view whose route stands before it}."""
    first, found = {}, {}
    for _name, path, pattern in all_routes():
        view = getattr(pattern.callback, "view_class", None) or inspect.unwrap(pattern.callback)
        if path in first:
            found[dotted_name(view)] = dotted_name(first[path])
        first.setdefault(path, view)
    return found


def owner_of(attribute):
    return resolve_name(attribute.rpartition(".")[0])


def modules():
    """Return the paths of the modules of the running site."""
    paths = [path for path in ROOT.glob("*/**/*.py") if path.relative_to(ROOT).parts[0] not in SKIPPED]
    assert len(paths) > 100, "the pattern finds the modules"
    return paths


def assignments_to_packages(path):
    """Yield the attributes and items of what is imported from packages that the file sets or deletes."""
    nodes, packages = list(ast.walk(ast.parse(path.read_text()))), {}
    for node in nodes:  # `packages`: {name in the file: package that it comes from}
        for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
            module = getattr(node, "module", None) or alias.name
            packages[alias.asname or alias.name.partition(".")[0]] = module.partition(".")[0]
    for target in itertools.chain.from_iterable(map(changed_by, nodes)):
        root = target
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        package = packages.get(getattr(root, "id", None))
        if root is not target and package and not (ROOT / package).exists():
            yield ast.unparse(target)


def changed_by(node):
    """Return what the statement or call `node` sets or deletes."""
    if isinstance(node, (ast.Assign, ast.Delete)):
        return node.targets
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"setattr", "delattr"}:
        return [ast.Attribute(node.args[0], "?")]
    return [node.target] if isinstance(node, (ast.AugAssign, ast.AnnAssign)) else []


def private_names():
    """Return the private names of packages that our code reads, and of the methods that it replaces.

    A private method that no module of ours calls is one that a package calls.
    """
    read, methods, called = set(), set(), set()
    for node in itertools.chain.from_iterable(ast.walk(ast.parse(path.read_text())) for path in modules()):
        if isinstance(node, ast.ClassDef) and not DYNAMIC.search(ast.unparse(node)):
            methods |= {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        elif isinstance(node, ast.Attribute):
            (called if getattr(node.value, "id", "") in {"self", "cls"} else read).add(node.attr)
    return {name for name in (read - methods) | (methods - called) if re.match("_[a-z]", name)} - PUBLIC


# --- The tests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", TABLE)
def test_overridden_code_has_not_changed(what):
    # The table has the first half of the hash.
    assert hashlib.sha256(source_of(what)).hexdigest()[:32] == TABLE[what][3]


def test_every_override_has_a_row_and_every_row_an_override():
    found = overridden_templates() | overridden_views() | PATCHES
    # Each of the three functions finds something.
    assert len(overridden_views()) > 5 and len(overridden_templates()) > 5 and PATCHES
    assert found.keys() - TABLE.keys() == set()
    for what, (ours, why, upstream, _hash) in TABLE.items():
        assert why and ISSUE.fullmatch(upstream), what
        if what in found:
            assert found[what] == ours, what
        else:  # Ours is used by another override, such as a form by its view. Its file has to name `what`.
            path = ROOT / ours if is_file(ours) else ROOT / f"{ours.rpartition('.')[0].replace('.', '/')}.py"
            name = "/".join(what.split("/")[-2:]) if is_file(what) else what.rpartition(".")[2]
            assert name in path.read_text(), what


def test_route_of_an_override_subclasses_or_calls_the_view():
    for what, ours in overridden_views().items():
        view, own = import_string(what), import_string(ours)
        if inspect.isclass(view):
            assert issubclass(own, view)
        else:
            assert f"{view.__name__}(request" in inspect.getsource(own)


def test_classes_of_packages_are_changed_by_patch_alone():
    names = {path: assignments_to_packages(path) for path in modules()}
    assert {(str(path.relative_to(ROOT)), name) for path in names for name in names[path]} == ALLOWED


def test_private_api_is_listed_has_not_changed_and_names_a_test():
    text = (ROOT / "docs/overrides.md").read_text().split("## Private API")[1]
    rows = re.findall(PRIVATE_ROW, text, re.MULTILINE)
    assert {name for _source, name, *_rest in rows} == private_names()
    for source, name, path, test, digest in rows:
        code = source_of(source)
        assert (name.encode() in code, hashlib.sha256(code).hexdigest()[:32]) == (True, digest), source
        assert f"def {test}(" in (ROOT / path).read_text(), test


# --- Inline scripts -------------------------------------------------------------------------------

WAGTAIL = Path(wagtail.__file__).parent
# The templates that are overridden for their inline scripts: paths below WAGTAIL. docs/overrides.md gives
# this reason in the words "inline script".
REPLACED = {
    what.removeprefix("wagtail/")
    for what, (_ours, why, _upstream, _hash) in TABLE.items()
    if what.endswith(".html") and why.startswith("inline script")
}
# Templates with inline scripts or styles that are in no page of the admin.
HARMLESS = {
    "admin/templates/wagtailadmin/notifications/base.html",  # of mails
    "embeds/templates/wagtailembeds/embed_frontend.html",  # of embedded videos, which this site does not have
    "admin/templates/wagtailadmin/widgets/time_input.html",  # of a time without a date, which no model has
}
# Scripts that have no "src" and are not JSON, styles, attributes for events, and addresses that run scripts.
INLINE = r"<script(?![^>]*\b(src|application/json)\b)|<style|\bstyle=|\son[a-z]+=[\"']|javascript:"


@pytest.mark.parametrize("name", sorted(REPLACED))
def test_override_is_used_and_has_nothing_inline(name):
    template_name = name.partition("/templates/")[2]
    path = Path(get_template(template_name).origin.name)
    assert WAGTAIL not in path.parents
    assert f"Overrides {template_name}" in path.read_text().splitlines()[0]
    assert not re.search(INLINE, path.read_text())


def test_no_other_template_of_the_admin_has_anything_inline():
    templates = [path for path in WAGTAIL.rglob("templates/**/*.html") if "test" not in path.parts]
    assert len(templates) > 300, "the pattern finds the templates"
    inline = {str(path.relative_to(WAGTAIL)) for path in templates if re.search(INLINE, path.read_text())}
    assert inline - HARMLESS == REPLACED
