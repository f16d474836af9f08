"""The account page of the admin, without the panel for a profile picture."""

from wagtail.admin.views import account


class AccountView(account.AccountView):
    def get_panels(self):
        """Leave out the profile picture. Wagtail would store the file with its metadata and its own name."""
        return [panel for panel in super().get_panels() if not isinstance(panel, account.AvatarSettingsPanel)]
