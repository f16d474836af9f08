"""Wagtail's views and forms of users, with unique e-mail addresses and a rule for who changes superusers."""

from django import forms
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


class UniqueEmail:
    """Mixin for forms of a user: it refuses an e-mail address that another account has.

    Single sign-on refuses an address of two accounts, so one user could lock out another.
    """

    def clean_email(self):
        email = self.cleaned_data["email"]
        # The lookup is that of single sign-on, so that the database compares in the same way.
        if get_user_model().objects.exclude(pk=self.instance.pk).filter(email__iexact=email).exists():
            raise ValidationError(_("This e-mail address can't be used here. Please enter another."))
        return email


class EmailForm(UniqueEmail, forms.ModelForm):
    email = forms.EmailField(label=_("E-mail"))

    class Meta:
        model = get_user_model()
        fields = ["email"]


class EmailPanel(BaseSettingsPanel):
    """Panel of the account page. Wagtail's own has no hook for a form with other rules."""

    name = "email"
    title = _("E-mail")
    order = 200
    form_class = EmailForm


class NewUserForm(UniqueEmail, UserCreationForm):
    pass


class ChangedUserForm(UniqueEmail, UserEditForm):
    pass


class SuperuserBox:
    """Mixin for views of a user: only superusers make superusers."""

    def get_form(self, *arguments, **options):
        form = super().get_form(*arguments, **options)
        # The form of the user's own account has no such field.
        if "is_superuser" in form.fields and not self.request.user.is_superuser:
            form.fields["is_superuser"].disabled = True
        return form


class CreateView(SuperuserBox, users.CreateView):
    pass


class EditView(SuperuserBox, users.EditView):
    pass


class UserViewSet(users.UserViewSet):
    add_view_class = CreateView
    edit_view_class = EditView
    # A copy would get the rights of the original, and no invitation.
    copy_view_enabled = False

    def get_form_class(self, for_update=False):
        return ChangedUserForm if for_update else NewUserForm
