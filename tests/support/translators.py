"""Makes users who may translate pages, and a section with its index in another language."""

from django.contrib.auth.models import Group, Permission
from wagtail.models import GroupPagePermission

from tests.support.builders import make_index, make_story, make_user
from tests.support.translations import make_pair


def make_editor(*pages, permissions=("add_page", "change_page"), name="Translators"):
    """Return a user with `permissions` for `pages`, who may also translate, and edit themes."""
    group = Group.objects.create(name=name)
    codenames = ["access_admin", "submit_translation", "add_theme", "change_theme"]
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    for page in pages:
        for permission in Permission.objects.filter(codename__in=permissions):
            GroupPagePermission.objects.create(group=group, page=page, permission=permission)
    user = make_user()
    user.groups.add(group)
    return user


class Scene:
    """An English section with two stories, and the French index in which its translation belongs."""

    def __init__(self):
        _english, french = make_pair()
        self.french, self.index = french.locale, make_index()
        self.french_index = french.get_parent()
        self.section = make_index(self.index, "Section")
        self.inner = make_index(self.section, "Inner")
        self.stories = [make_story(parent=self.section), make_story(parent=self.inner, live=False)]
