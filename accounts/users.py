"""Wagtail's views and forms of users, with unique e-mail addresses. Only superusers change superusers."""

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail.admin.views.account import BaseSettingsPanel
from wagtail.permissions import policy_registry
from wagtail.users.forms import UserCreationForm, UserEditForm
from wagtail.users.views import users


def may_change(user, other):
    """Return whether `user` may change the account of `other`. Only superusers change superusers."""
    policy = policy_registry.get_by_type(get_user_model())
    return policy.user_has_permission(user, "change") and (user.is_superuser or not other.is_superuser)


NEEDS_ROLE = _("Choose a role that may use the admin. Without one, the invitation leads nowhere.")


def opens_admin(group):
    """Return whether members of `group` may use the admin. The forms call groups roles."""
    return group.permissions.filter(codename="access_admin").exists()


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
        if not data.get("is_superuser") and not any(map(opens_admin, data.get("groups", ()))):
            self.add_error("groups", NEEDS_ROLE)
        return data


class ChangedUserForm(UniqueEmailMixin, UserEditForm):
    pass


class SuperuserFieldMixin:
    """For views of a user. Only superusers can tick "Administrator", which makes a superuser."""

    def get_form(self, *arguments, **options):
        form = super().get_form(*arguments, **options)
        # The form of the user's own account has no such field.
        if "is_superuser" in form.fields and not self.request.user.is_superuser:
            form.fields["is_superuser"].disabled = True
        return form


class CreateView(SuperuserFieldMixin, users.CreateView):
    pass


class EditView(SuperuserFieldMixin, users.EditView):
    pass


class UserViewSet(users.UserViewSet):
    add_view_class = CreateView
    edit_view_class = EditView
    # A copy would get the rights of the original, and no invitation.
    copy_view_enabled = False

    def get_form_class(self, for_update=False):
        return ChangedUserForm if for_update else NewUserForm
