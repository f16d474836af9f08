"""The content notes that a story can have: what in it could distress its readers.

The list follows the domains of the NEON typology of content warnings (Charles et al. 2022,
https://doi.org/10.1371/journal.pone.0266722), reduced to what stories of slavery describe.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ContentNote(models.TextChoices):
    FORCED_LABOUR = "forced_labour", _("forced labour")
    CHILD_LABOUR = "child_labour", _("child labour")
    SEXUAL_VIOLENCE = "sexual_violence", _("sexual violence")
    VIOLENCE = "violence", _("violence")
    DETENTION = "detention", _("being held against one's will")
    DEBT = "debt", _("debt bondage")
    RACISM = "racism", _("racism or caste discrimination")
    DEATH = "death", _("death")
