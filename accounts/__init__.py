"""User accounts: passwords, second factors, single sign-on, sessions, invitations and throttled sign-in."""
