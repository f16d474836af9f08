"""A CSV file is refused when a spreadsheet would run one of its cells, and stays as it is otherwise."""

import pytest

from media.sanitizer.reasons import Reason, Refused
from media.sanitizer.text import clean_csv

pytestmark = pytest.mark.sqlite_only

# Texts of files with a cell that a spreadsheet would run.
FORMULAS = [
    # Where a cell begins.
    *("=A1", '"=A1"', "'=A1", " =A1", "a,=1", "a;=1", "a\t=1", "a|=1", "x\n=1", "x\r\n=1", "x\r=1"),
    *("\ufeff=1", "\uff1d1", "\uff0bSUM(1)", "\uff0dSUM(1)", "\uff20SUM(1)"),
    # Calls.
    *("+SUM(1)", "-SUM(1)", "@SUM(1)", "@ SUM(1)", "- SUM(1)", "+(SUM(1))", "-{1}+SUM(1)", "+SUM\t(1)"),
    *("-$A$1*SUM(1)", "+1%*SUM(A1)", "+1^SUM(1)", "+1&SUM(1)", "+\u00e9(1)", "x,+_a.b(1)"),
    *('-1+WEBSERVICE ("x")', '"+""a""&SUM(1)"', '"+1&""a,b""&SUM(1)"', '"+{1,2}+SUM(1)"'),
    *('" +1;SUM(1)"', '"+1\n+SUM(1)"'),
    # References to other sheets and files, and DDE.
    *("+Sheet2!$A$1", "+'x y'!A1", "-'[x.xls]Sheet1'!A1", "+'[x]1'!A1"),
    *("+cmd|' /C calc'!A0", "-2+3+cmd|'x'!A0", "-(cmd|'x'!A0)"),
    # Separators inside of a formula.
    *("+{1;2}*SUM(1)", '+"a;b"&SUM(1)', "+'a;[x]1'!A1", "- ('a;b'!A1)", '"+""a;b"""'),
    '"+{1;2}"',
    # A first line that tells Excel to divide cells by another character.
    *("sep=^\n1^=1", "SEP=:", '"sep=^"', "\ufeffsep=^"),
]
# Texts of files that look similar and have no such cell.
WORDS = [
    *("", "a;b", "\ufeffa;b\n1;2\n", "a = b", "e-mail (x)", "1-SUM(1)"),
    *("+44 (0)20 7946 0000", "-5", "-5 (1)", "-", "- a dash", "- Help! Now", "@amina", "- don't"),
    '"-","","x"',
    # A name with words in brackets, in a cell after a number.
    *("-5,Ada (x)", "-5;Ada (x)", "-5|Ada (x)", "-5\tAda (x)", "-5\rAda (x)", "+1\nAda (x)"),
    *('"-5","Ada, of (x)"', '"+254 700","Ada (x)"'),
    "a,+44 20 mobile|Amina|x",  # no DDE, which has a "!"
]


@pytest.mark.parametrize("text", FORMULAS)
def test_cell_that_a_spreadsheet_would_run_is_refused(text):
    with pytest.raises(Refused) as refused:
        clean_csv(text.encode())
    assert refused.value.reason == Reason.CSV_FORMULAS


@pytest.mark.parametrize("text", WORDS)
def test_words_and_numbers_stay_as_they_are(text):
    assert clean_csv(text.encode()) == text.encode()
