"""The leak check finds disguised protected words, and doesn't take ordinary texts for them."""

import time
import tomllib
from pathlib import Path

import pytest

from safeguarding.leak_check import rows, words
from safeguarding.leak_check.matching import Texts, make_phone_terms, make_term

pytestmark = pytest.mark.sqlite_only

NAME, FULL_NAME, SHORT, ARABIC = "Bachelal", "Amina Otieno", "Asif", "أمينة"
PHONE = "+254 700 123 456"
LONG = 15_000  # Letters. A form may have far more.
# {protected word: texts that contain it}.
DISGUISES = {
    NAME: [
        # Capitals and accents
        *("BACHELAL", "bachelal", "bAcHeLaL", "Báchélal", "Ba\u0301chelal"),
        "B\u0336a\u0336c\u0336helal",
        # Letters apart, and punctuation
        *("B a c h e l a l", "B  A  C  H  E  L  A  L", "B.a.c.h.e.l.a.l.", "Ba-che-lal", "Bach elal"),
        *("B\u00b7a\u00b7chelal", "*Bachelal*", "(bachelal)", "«Bachelal»", "#bachelal", "@bachelal_"),
        # Possessives, plurals and elisions
        *("Bachelal's", "Bachelal’s", "the Bachelals", "the Bachelales", "l’histoire d'Bachelal"),
        # Look-alikes
        *("Васhelal", "Bасhеlаl", "Βαchelal", "ΒΑCΗΕLΑL", "Bacհelal", "ʙᴀᴄʜᴇʟᴀʟ", "Bache1al"),
        *("B@ch31al", "Ｂａｃｈｅｌａｌ", "𝐁𝐚𝐜𝐡𝐞𝐥𝐚𝐥", "Ⓑⓐⓒⓗⓔⓛⓐⓛ"),
        # Entities, percent codes and tags
        *("B&#97;chelal", "B&#x61;chelal", "B&aacute;chelal", "B&amp;#97;chelal", "%42achelal"),
        *("B%C3%A1chelal", "%2542achelal", "Bache<b>lal</b>", "<p>Ba<span class='x'>che</span>lal</p>"),
        *("Bache&shy;lal", '<a href="https://example.org/bachelal">here</a>'),
        # Invisible characters
        *("Bache\u200blal", "Bache\u00adlal", "B\u2060a\u2060chelal", "Bache\u202elal"),
        *("Bache\u3164lal", "the girl <Bachelal>"),
        # Camel case, file names and addresses
        *("myBachelalPhoto", "IMGBachelal", "bachelal_shelter.jpg", "bachelal-in-leeds"),
        *("bachelal2.png", "2019bachelal.jpg", "https://example.org/stories/bachelal/"),
    ],
    FULL_NAME: ["AminaOtieno", "amina-otieno.jpg", "aminaotieno", "Amina\nOtieno", "AMINA  OTIENO's"],
    "Amina Oteno": ["Am1na 0teno"],
    # As in a table, whose cells stories/protected_texts.py joins with this character.
    "Amina": ["Ami-\nna", "Ami- na", "Ami<br>na", "Ami-<br/>na", "Ami\x1fna", "Am1na", "@mina", "Amina's"],
    SHORT: ["4$if", "A51f", "A s i f", "A-s-i-f", "ASIF", "As<b>if</b>"],
    ARABIC: ["امينه", "وأمينة", "أَمِينَة", "أمـيـنة"],
}
PHONES = ["0700 123 456", "0254700123456", "+254-700-123-456", "00254 (0)700.123.456", "٠٧٠٠ ١٢٣ ٤٥٦"]
# {protected word: texts that don't contain it}.
CLEAN = {
    NAME: ["Bachelalorum", "Nebachelal", "Bachela", "Bachelalst", "Bache. And then lal", "a bachelor"],
    SHORT: ["as if nothing had happened", "As, if asked, she said", "Was if", "asifa"],
    FULL_NAME: ["Amina went. Later Otieno came", "I am in a hurry"],
    "Amina": ["I am in a hurry", "Aminata", "examina"],
    "Rosa": ["Rosália", "Rosa\u00adlia", "Rosa&shy;lia"],
    "Isa": ["This is a house", "visa"],
    "Li Na": ["Lina", "a line"],
    # Plurals of other words.
    "Tim": ["many times"],
    "Angel": ["angels"],
    ARABIC: ["يامينات"],
}

# Names of many languages. The plurals of some of their parts would be ordinary words.
DISTINCTIVE = (
    "Tran Thi Mai, Nguyen Van Nam, Tim Okello, Le Thi Hoa, Ana Lopes, Jo Ann Reyes, Rosa Quispe, Hi "
    "Yoon, Amina Otieno, Grace Wanjiru, Fatima Zahra Diallo, Joseph Mwangi, Kim Soon-ja, Li Na, Wang "
    "Fang, Ali Hassan, Omar Farah, Marie-Claire Mukamana, Daniel Boateng, Sita Devi, Ram Bahadur Thapa, "
    "Lal Chand, Jon Lane, Maria de Souza, Pedro Alves, Carmen Torres, Luz Marina Ortiz, Ko Ko Aung, "
    "Thida Win, Sok Chan, Chea Sokha, Anne Trader, Sam Mensah, Ken Abe, Hope Nakato, Pat Cole, Issa "
    "Traore, Awa Ndiaye, Gary Player, Wag Tesfaye"
)


def holds(text, term):
    is_found = bool(Texts([text]).find(term))
    assert rows.mentions([term], [text]) == is_found, "the quick look misses nothing"
    return is_found


def test_disguises_are_found():
    missed = [text for word, texts in DISGUISES.items() for text in texts if not holds(text, make_term(word))]
    (phone,) = make_phone_terms(f"Her sister: {PHONE}, in the evening")
    missed += [text for text in PHONES if not holds(text, phone)]
    assert missed == []


def test_other_words_are_not_mistaken():
    found = {word: [text for text in texts if holds(text, make_term(word))] for word, texts in CLEAN.items()}
    assert found == dict.fromkeys(CLEAN, [])
    (phone,) = make_phone_terms(PHONE)
    others = ("0700 123 457", "From 1999 to 2005, 123 456 people", "700 123")
    assert not any(holds(text, phone) for text in others)


def read_demo(folder):
    """Return the strings in the TOML files of the demo."""
    values = [tomllib.loads(path.read_text()) for path in Path(folder).rglob("*.toml")]
    return [text for value in values for text in strings_in(value)]


def test_distinctive_names_give_at_most_two_false_alarms():
    """Check it for the parts of the names too, in all words of the stories. Nobody there has such a name."""
    texts = read_demo("stories/demo")
    assert sum(len(text.split()) for text in texts) > 8200
    searched, names = Texts(texts), DISTINCTIVE.split(", ")
    assert len(names) == 40
    terms = {word.term for name in names for word in words.words_of(0, name, "", "", "", "")}
    alarms = [term.letters for term in terms for _number in searched.find(term)]
    assert len(alarms) <= 2, alarms


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


def test_text_that_holds_a_word_is_told_from_those_beside_it():
    texts = Texts(["Nothing", "Of Bachelal", "", "Bache", "lal", "BACHELAL, and Bachelal"])
    assert texts.find(make_term(NAME)) == {1, 5}


def test_word_without_letters_is_not_looked_for():
    assert make_term(" -.! ") is None


@pytest.mark.parametrize("text", ["a" * LONG, "é" + "a" * LONG, "@" * LONG, "1_" * LONG, "علي" * LONG])
def test_long_word_takes_no_time(text):
    """The process answers nobody meanwhile."""
    start = time.process_time()
    texts = Texts([text, f"{text} Am1na", f"{text} Αmina", "of_@mina"])
    assert texts.find(make_term("Amina")) == {1, 2, 3}
    assert texts.find(make_term("علي")) == set()
    assert time.process_time() - start < 1
