"""Adds the bulk action that gives several stories a theme or an author.

Wagtail's “Move”, beside it, changes their section.
Each story that changes gets a new version: new_versions.py.
"""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin import messages

from editing.desk.new_versions import NewVersionBulkAction
from safeguarding.releases import counting_decisions
from safeguarding.withdrawal.tasks import waits_to_be_purged
from stories.models import StoryPage
from stories.story_links import StoryAuthor, StoryTheme
from stories.terms import Author, Theme

# {field of the form and of the link: link between a story and a term}.
LINKS = {"theme": StoryTheme, "author": StoryAuthor}


class FilingForm(forms.Form):
    theme = forms.ModelChoiceField(Theme.objects.all(), label=gettext_lazy("Theme"), required=False)
    author = forms.ModelChoiceField(Author.objects.all(), label=gettext_lazy("Author"), required=False)
    replace = forms.BooleanField(label=gettext_lazy("Take out those that they have now"), required=False)


def find_obstacle(page, user):
    """Return why `user` can't file `page`, as a text, or ""."""
    permissions = page.permissions_for_user(user)
    if page.specific_class is not StoryPage:
        return _("It is no story.")
    if not permissions.can_edit() or permissions.page_locked():
        return _("You may not edit it, or it is locked.")
    if waits_to_be_purged(page):
        return _("First take out the person who withdrew, in its editor.")
    draft = page.get_latest_revision_as_object()
    if counting_decisions(draft, draft.people_digest).exists():
        return _("The safeguarding team decided on it as it is. Change it in its editor.")
    return ""


def find_version(term, story):
    """Return the version of `term` that the form of `story` offers, or None: if it can, in its language."""
    versions = type(term).objects.offered_in(story.locale_id).filter(translation_key=term.translation_key)
    return versions.filter(pk=term.pk).first() or versions.first()


def add_terms(draft, terms, replace):
    """Give `draft`, a version of a story, the `terms`: {key of LINKS: term}. Return whether it changes.

    `replace`: whether its other terms of the same kind are taken out.
    """
    has_changed = False
    for name, term in terms.items():
        rows = getattr(draft, f"story_{name}s")
        there = list(rows.all())
        kept = [row for row in there if not replace or getattr(row, name) == term]
        if term not in [getattr(row, name) for row in kept]:
            kept.append(LINKS[name](**{name: term}, sort_order=len(there)))
        has_changed |= kept != there
        rows.set(kept)
    return has_changed


class FileUnderBulkAction(NewVersionBulkAction):
    """The bulk action. It leaves out what find_obstacle() names, and says why."""

    display_name = gettext_lazy("File under")
    action_type = "file_under"
    aria_label = gettext_lazy("Give the selected stories a theme or an author")
    template_name = "editing/file_under.html"
    action_priority = 20  # after Wagtail's “Move”, which has 10
    form_class = FilingForm

    def check_perm(self, page):
        return not find_obstacle(page, self.request.user)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        for each in context["items_with_no_access"]:
            each["obstacle"] = find_obstacle(each["item"], self.request.user)
        return context

    @staticmethod
    def change(draft, request, replace, **chosen):
        terms = {name: find_version(term, draft) for name, term in chosen.items() if term}
        if None in terms.values():
            text = _("This theme does not exist in the language of “%s”, which stays as it was.")
            messages.warning(request, text % draft.get_admin_display_title())
            return False
        return add_terms(draft, terms, replace)
