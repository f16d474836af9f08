"""docs/overrides.md lists every override of Wagtail and Django, and what they override has not changed."""

import ast
import hashlib
import inspect
import itertools
import re
from pathlib import Path

import django
import pytest
import wagtail
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver
from django.urls.resolvers import URLResolver
from django.utils.module_loading import import_string

from editing import wagtail_hooks  # noqa: F401 - importing it applies the patches
from editing.patches import patches
from tests.support.overrides import ROOT, TABLE

pytestmark = pytest.mark.sqlite_only

PACKAGES = Path(wagtail.__file__).parents[1]
# Folders without code of the running site.
SKIPPED = {"tests", ".venv", "data"}
ISSUE = re.compile(r"none known|\[#(\d+)\]\(https://github\.com/wagtail/wagtail/issues/\1\)")
# Attributes whose names begin with an underscore, and that are ours or documented.
PUBLIC = {
    "_asdict",
    "_base_manager",
    "_default_manager",
    "_fields",
    "_is_lead",
    "_meta",
    "_replace",
    "_save",
    "_state",
}
PRIVATE_ROW = re.compile(
    r"^\| `([\w.]+)` \| `(_\w+)` \| .+ \| `([\w/]+\.py)::(\w+)` \| `(\w+)` \|$", re.MULTILINE
)
# A class that finds its methods by name.
DYNAMIC = re.compile("""getattr\\(self, f['"]_""")
# Assignments that are no overrides: (file, target). The first one is a documented setting of Pillow. The
# others are attributes of our own on a connection to the database.
ALLOWED = {
    ("media/sanitizer/raster.py", "PngImagePlugin.MAX_TEXT_MEMORY"),
    ("operations/statement_timeout.py", "connection.statement_limit"),
    ("operations/statement_timeout.py", "connection.statement_deadline"),
}


def is_file(name):
    return "/" in name


def source_of(what):
    """Return the bytes of a file, or the source of a method, a function or a class with its base classes.

    Base classes of other modules are left out. For an attribute that is not callable, return the source of
    the class.
    """
    if is_file(what):
        return (PACKAGES / what).read_bytes()
    for owner, name, original in patches:
        if what == f"{dotted_name(owner)}.{name}":
            return inspect.getsource(original if callable(original) else owner).encode()
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
    for folder in own:
        for path in folder.rglob("*.*"):
            name = path.relative_to(folder)
            for other in others:
                if (other / name).exists():
                    found[str((other / name).relative_to(PACKAGES))] = str(path.relative_to(ROOT))
                    break
    return found


def all_routes(resolver, prefix=""):
    """Yield (path, view class or function) of each route, in the order in which Django tries them."""
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from all_routes(pattern, path)
        else:
            yield path, getattr(pattern.callback, "view_class", None) or inspect.unwrap(pattern.callback)


def overridden_views():
    """Return {view that is never reached: the view whose route stands before it}."""
    first, found = {}, {}
    for path, view in all_routes(get_resolver()):
        if path in first:
            found[dotted_name(view)] = dotted_name(first[path])
        first.setdefault(path, view)
    return found


def overridden_attributes():
    """Return {attribute of a class or module: our function or class, or "" if its new value is neither}."""
    found = {}
    for owner, name, _original in patches:
        replacement = getattr(owner, name)
        found[f"{dotted_name(owner)}.{name}"] = dotted_name(replacement) if callable(replacement) else ""
    return found


def assignments_to_packages(path):
    """Yield the attributes and items of what is imported from packages that the file sets or deletes."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    packages = {}  # {name in the file: package that it comes from}
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
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
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return [node.target]
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"setattr", "delattr"}:
        return [ast.Attribute(node.args[0], "?")]
    return []


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


def modules():
    """Return the paths of the modules of the running site."""
    paths = [path for path in ROOT.glob("*/**/*.py") if path.relative_to(ROOT).parts[0] not in SKIPPED]
    assert len(paths) > 100, "the pattern finds the modules"
    return paths


# --- The tests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", TABLE)
def test_overridden_code_has_not_changed(what):
    # The table has the first half of the hash.
    assert hashlib.sha256(source_of(what)).hexdigest()[:32] == TABLE[what][3]


def test_every_override_has_a_row_and_every_row_an_override():
    found = overridden_templates() | overridden_views() | overridden_attributes()
    # Each of the three functions finds something.
    assert len(overridden_views()) > 5 and len(overridden_templates()) > 5 and patches
    assert found.keys() - TABLE.keys() == set()
    for what, (ours, why, upstream, _hash) in TABLE.items():
        assert why and ISSUE.fullmatch(upstream), what
        if what in found:
            assert found[what] in {ours, ""}, what  # "": the replacement has no name
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
    found = {
        (str(path.relative_to(ROOT)), name) for path in modules() for name in assignments_to_packages(path)
    }
    assert found == ALLOWED


def test_private_api_is_listed_has_not_changed_and_names_a_test():
    rows = PRIVATE_ROW.findall((ROOT / "docs/overrides.md").read_text().split("## Private API")[1])
    assert {name for _source, name, *_rest in rows} == private_names()
    for source, name, path, test, digest in rows:
        code = source_of(source)
        assert (name.encode() in code, hashlib.sha256(code).hexdigest()[:32]) == (True, digest), source
        assert f"def {test}(" in (ROOT / path).read_text(), test
