"""Finds people by a name, label, contact or code, for leads (the members of the group Safeguarding)."""

from safeguarding.leak_check.matching import make_phone_terms, make_term
from safeguarding.leak_check.rows import may_find
from safeguarding.leak_check.words import SHORTEST_WORD
from safeguarding.models import Contributor, RestrictedView

# The restricted fields by which a person is found.
FIELDS = ("names", "label", "contact")


def find_people(text, user, sees_names):
    """Return the set of primary keys of the people who have the letters of `text` in their code or FIELDS.

    FIELDS are decrypted only if `sees_names` is true. For each person who is found by one of them, it is
    recorded that `user` looked.
    """
    terms = [make_term(text), *make_phone_terms(text)]
    terms = [term for term in terms if term and len(term.letters) >= SHORTEST_WORD]
    rows = list(Contributor.objects.values_list("pk", "code", *(FIELDS if sees_names else ())))
    by_code = {key for key, code, *_texts in rows if may_find(terms, code)}
    found = {key for key, _code, *texts in rows if any(may_find(terms, each) for each in texts)}
    look = {"user": user, "reason": RestrictedView.Reason.FOUND}
    RestrictedView.objects.bulk_create(RestrictedView(contributor_id=key, **look) for key in found - by_code)
    return found | by_code
