"""Wagtail's views and forms of users, with unique e-mail addresses. Only superusers change superusers.

Only leads, the members of the group Safeguarding, change other leads: may_change_access() of
safeguarding/policies.py. A lead without the right to change users decides alone who is in that group.
"""

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.account import BaseSettingsPanel
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views import users

from safeguarding.policies import GROUP, may_change_access, sees_names


def may_change(user, other):
    """Return whether `user` may change the account of `other`. Only superusers change superusers."""
    may_change_it = user.has_perm("auth.change_user") and (user.is_superuser or not other.is_superuser)
    return may_change_it and may_change_access(user, other)


class UserPolicy(ModelPermissionPolicy):
    """Opens the list and the forms of users to leads too. EditView then limits what they may change."""

    def user_has_permission(self, user, action):
        return super().user_has_permission(user, action) or (action == "change" and sees_names(user))


NEEDS_ROLE = _("Choose a role that may use the admin. Without one, the invitation leads nowhere.")


# What the roles of this site are for, in the form that gives them.
ROLES = {
    "Editors": _("write, and send for approval"),
    "Moderators": _("write, approve, publish, show hidden pages again, and change the site settings"),
    GROUP: _("see who the people in stories are, decide about their consent, and answer withdrawals"),
}


def describe_role(group):
    return f"{group} – {ROLES[group.name]}" if group.name in ROLES else str(group)


class UniqueEmailMixin:
    """For forms of a user. It refuses an e-mail address that another account has.

    Single sign-on refuses an address of two accounts, so one user could lock out another.
    """

    def clean_email(self):
        email = self.cleaned_data["email"]
        # The lookup is that of single sign-on, so that the database compares in the same way.
        if get_user_model().objects.exclude(pk=self.instance.pk).filter(email__iexact=email).exists():
            raise ValidationError(_("This e-mail address can't be used here. Please enter another."))
        return email


class EmailForm(UniqueEmailMixin, forms.ModelForm):
    email = forms.EmailField(label=_("E-mail"))

    class Meta:
        model = get_user_model()
        fields = ["email"]


class EmailPanel(BaseSettingsPanel):
    """Panel of the account page with EmailForm.

    Wagtail's own field, in the panel of names, is off: WAGTAIL_EMAIL_MANAGEMENT_ENABLED.

    The panel is hidden if there is an identity provider: nobody proves that the new address is theirs, and
    the person who signs in with it at the provider would get into this account. Administrators can change it.
    """

    name = "email"
    title = _("E-mail")
    order = 200  # after Wagtail's panel of names (100)
    form_class = EmailForm

    def is_active(self):
        return not settings.IDENTITY_PROVIDER


class NewUserForm(UniqueEmailMixin, UserCreationForm):
    def clean(self):
        """Refuse an invitation that would end at "You do not have permission to access the admin"."""
        data = super().clean()
        # The forms call groups roles.
        roles = Group.objects.filter(pk__in=data.get("groups", ()), permissions__codename="access_admin")
        if not data.get("is_superuser") and not roles.exists():
            self.add_error("groups", NEEDS_ROLE)
        return data


class ChangedUserForm(UniqueEmailMixin, UserEditForm):
    kept_groups = ()  # set by EditView

    def clean_groups(self):
        return [*self.kept_groups, *self.cleaned_data["groups"]]


class UserFormMixin:
    """For views of a user. Only superusers can tick "Administrator", which makes a superuser."""

    def get_form(self, *arguments, **options):
        form = super().get_form(*arguments, **options)
        # The form of the user's own account has no such field.
        if "is_superuser" in form.fields and not self.request.user.is_superuser:
            form.fields["is_superuser"].disabled = True
        form.fields["groups"].label_from_instance = describe_role
        return form

    def form_valid(self, form):
        """Save the form. If check_change() refuses that, show the form again, with the reason."""
        try:
            return super().form_valid(form)
        except PermissionDenied as error:
            self.produced_error_message = str(error)
            return self.form_invalid(form)


class CreateView(UserFormMixin, users.CreateView):
    pass


class EditView(UserFormMixin, users.EditView):
    def get_form(self, *arguments, **options):
        form = super().get_form(*arguments, **options)
        if not may_change(self.request.user, self.object):
            # A lead, who may change nothing but whether the user is in the group Safeguarding.
            for name, field in form.fields.items():
                field.disabled, field.required = name != "groups", False
            form.kept_groups = self.object.groups.exclude(name=GROUP)
            form.fields["groups"].queryset = Group.objects.filter(name=GROUP)
        return form


class UserViewSet(users.UserViewSet):
    add_view_class = CreateView
    edit_view_class = EditView
    # A copy would get the rights of the original, and no invitation.
    copy_view_enabled = False

    def get_form_class(self, for_update=False):
        return ChangedUserForm if for_update else NewUserForm
