"""Makes the search terms of the leak check from the names and protected words of people."""

import json
import re
from dataclasses import dataclass

from safeguarding.encryption import UnreadableText, has_keys
from safeguarding.leak_check.matching import Term, make_phone_terms, make_term
from safeguarding.models import Contributor

# The fields that hold protected words. `safe_contact_note` is prose, so it is left out.
FIELDS = ("names", "contact", "protected_words", "ordinary_words", "proposal")
# Separators between two names on one line.
BETWEEN_NAMES = re.compile(r"[,;/()]")
# The fewest letters of a part of a name in ASCII, because "de" is in most texts, and of any term.
SHORTEST_NAME, SHORTEST_WORD = 3, 2
# An e-mail address, or a name such as @amina on a social network.
ADDRESS = re.compile(r"\S*@\S+")


@dataclass(frozen=True)
class ProtectedWord:
    """A Term that identifies a person. `contributor`: the primary key of the person.

    `is_name`: whether it is a name or a part of one. `is_full_name`: whether it is a name of several words.
    `is_ordinary`: whether it is an ordinary word too, such as "Rose".
    `is_proposed`: whether no lead, a member of the group Safeguarding, has confirmed it yet.
    """

    term: Term
    contributor: int
    is_name: bool = False
    is_full_name: bool = False
    is_ordinary: bool = False
    is_proposed: bool = False


@dataclass(frozen=True)
class ProtectedWords:
    """`words`: a list of ProtectedWords. `is_complete`: whether none is missing because of a missing key."""

    words: list
    is_complete: bool


def load_words():
    """Return the ProtectedWords of all people. It takes one query, and decrypts the texts of every person."""
    rows = list(Contributor.objects.values_list("pk", *FIELDS))
    is_unreadable = any(isinstance(text, UnreadableText) for row in rows for text in row)
    words = [word for key, *texts in rows for word in words_of(key, *texts)]
    # Without a key no words can be stored, so some can be missing although no stored text is unreadable.
    return ProtectedWords(words, has_keys() and not is_unreadable)


def new_words(person, former=None):
    """Return the set of ProtectedWords of `person` that are new, without proposed ones.

    `former`: the same Contributor before the change, or None for a new person.
    """
    known = {word.term for word in words_of_person(former) if not word.is_proposed} if former else set()
    return {word for word in words_of_person(person) if not (word.is_proposed or word.term in known)}


def words_of_person(person):
    """Return the set of ProtectedWords of `person`, a Contributor."""
    return words_of(person.pk, *(getattr(person, name) for name in FIELDS))


def words_of_label(person):
    """Return the set of ProtectedWords of the label of `person`: all of it, and what may be a name in it.

    The leak check doesn't look for them. A short first word, such as "The", is no name.
    """
    words = enumerate(person.label.split())
    names = [word for n, word in words if not word.islower() and (n or len(word) > 3)]
    return {ProtectedWord(term, person.pk) for term in map(make_term, [person.label, *names]) if term}


def words_of(key, names, contact, protected_words, ordinary_words, proposal, is_proposed=False):
    """Return the set of ProtectedWords of the person with the primary key `key`, from the texts of FIELDS."""
    ordinary = set(map(make_term, ordinary_words.splitlines()))
    found = set()

    def add(term, **kind):
        if term and len(term.letters) >= SHORTEST_WORD:
            found.add(ProtectedWord(term, key, is_ordinary=term in ordinary, is_proposed=is_proposed, **kind))

    for line in names.splitlines():
        full_names, parts = split_names(line)
        for name in full_names:
            add(make_term(name), is_name=True, is_full_name=True)
        for part in parts:
            add(make_term(part), is_name=True)
    for line in (protected_words + "\n" + ordinary_words).splitlines():
        add(make_term(line))
    for address in ADDRESS.findall(contact):
        add(make_term(address))
    for term in make_phone_terms(contact) + make_phone_terms(protected_words):
        add(term)
    if proposal:
        proposed = json.loads(proposal)
        found |= words_of(key, *(proposed.get(name) or "" for name in FIELDS), is_proposed=True)
    return found


def split_names(line):
    """Return (full names, single words) of the names in `line`, such as "Amina Otieno, Mina"."""
    parts = [only_name(part.split()) for part in BETWEEN_NAMES.split(line) if part.strip()]
    full_names = {" ".join(order) for part in parts if len(part) > 1 for order in orders(part)}
    # "Otieno, Amina" is one name. So each single word makes a full name with the next single word of the
    # line, in both orders.
    single = [part[0] for part in parts if len(part) == 1]
    for first, second in zip(single, single[1:], strict=False):
        full_names |= {f"{first} {second}", f"{second} {first}"}
    return full_names, {word for part in parts for word in part if is_name_word(word, part)}


def only_name(words):
    """Return `words` from the first capitalised one on: "called Maria de Souza" gives "Maria de Souza"."""
    first = next((number for number, word in enumerate(words) if not word.islower()), 0)
    return words[first:]


def orders(words):
    """Yield the orders in which people write a name that consists of several `words`."""
    first, *_middle, last = words
    yield words
    yield [last, *words[:-1]]
    yield [first, last]
    yield [last, first]


def is_name_word(word, part):
    """Return whether `word` is searched for on its own. `part`: the list of the words of the whole name.

    In "Maria de Souza", that is not so for "de". ASCII words of one or two letters are not searched for. In
    other scripts, whole names can be so short.
    """
    if len(word) < SHORTEST_NAME and word.isascii():
        return False
    return not word.islower() or all(each.islower() for each in part)


def are_searched(names, words):
    """Return whether each word of the text `names` is looked for on its own, as one of `words` is.

    Ordinary words are not, if `words` has none, nor are words of one or two letters, such as "Bo".
    """
    if not words:  # Without the key, `names` is no text.
        return False
    letters = {word.term.letters for word in words}
    terms = [make_term(part) for part in re.split(r"[\s,;()/]+", names)]
    return any(terms) and all(term.letters in letters for term in terms if term)
