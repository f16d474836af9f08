"""Cleans content streams of a PDF: only known operations with valid operands stay, and no comments.

An operation is its operands, then its operator. ISO 32000-2, annex A lists the operators.
"""

import re

from media.sanitizer.reasons import Reason, Refused

# Repetitions in operands are possessive (*+, ++): they never backtrack, so matching takes linear time.

# White space and comments.
SPACE = rb"(?:[\x00\t\n\f\r ]|%[^\r\n]*+)*+"
NUMBER = rb"[-+.0-9]++"
NAME = rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]*+"
# A string may contain balanced brackets. Here they may be nested three levels deep.
STRING = rb"\((?:[^()\\]|\\.)*+\)"
for _depth in range(3):
    STRING = rb"\((?:[^()\\]|\\.|" + STRING + rb")*+\)"
HEX = rb"<[0-9A-Fa-f\x00\t\n\f\r ]*+>"
TEXT = rb"(?:" + STRING + rb"|" + HEX + rb")"
ARRAY = rb"\[(?:" + SPACE + rb"(?:" + NUMBER + rb"|" + NAME + rb"|" + TEXT + rb"))*+" + SPACE + rb"\]"
# A dictionary. Those within it have none in them.
INNER = rb"(?:[^<>()%]|" + TEXT + rb")"
DICTIONARY = rb"<<(?:" + INNER + rb"|<<" + INNER + rb"*+>>)*+>>"
# {letter in OPERATOR_OPERANDS: pattern}.
OPERAND = {"n": NUMBER, "N": NAME, "s": TEXT, "a": ARRAY}
ANY = rb"(?:" + rb"|".join([NUMBER, NAME, STRING, DICTIONARY, HEX, ARRAY]) + rb")"
OPERATION = re.compile(
    SPACE + rb"((?:" + ANY + SPACE + rb")*+)([A-Za-z][A-Za-z0-9]*\*?|['\"])(?![A-Za-z0-9*])", re.DOTALL
)
TRAILING_SPACE = re.compile(SPACE)
# The operators, each with its operands as letters of OPERAND. "*" is any number of the letter before it.
OPERATOR_OPERANDS = """
    w:n J:n j:n M:n d:an ri:N i:n gs:N q: Q: cm:nnnnnn m:nn l:nn c:nnnnnn v:nnnn y:nnnn h: re:nnnn S: s: f: F:
    f*: B: B*: b: b*: n: W: W*: BT: ET: Tc:n Tw:n Tz:n TL:n Tf:Nn Tr:n Ts:n Td:nn TD:nn Tm:nnnnnn T*: Tj:s
    TJ:a ':s ":nns d0:nn d1:nnnnnn CS:N cs:N SC:n* sc:n* SCN:n*N* scn:n*N* G:n g:n RG:nnn rg:nnn K:nnnn
    k:nnnn sh:N Do:N BMC:N EMC:
"""
# {operator: pattern of its operands}.
OPERATORS = {}
for _each in OPERATOR_OPERANDS.split():
    _operator, _colon, _kinds = _each.rpartition(":")
    _pattern = b"".join(
        rb"(?:" + OPERAND[_letter] + SPACE + rb")" + (b"*+" if _star else b"")
        for _letter, _star in re.findall(r"(\w)(\*?)", _kinds)
    )
    OPERATORS[_operator.encode()] = re.compile(_pattern, re.DOTALL)
# The operands of BDC, which begins marked content: a tag, and a dictionary of properties or its name.
MARKED_OPERANDS = re.compile(
    rb"(" + NAME + rb")" + SPACE + rb"(" + NAME + rb"|" + DICTIONARY + rb")" + SPACE, re.DOTALL
)
COMMENT_OR_STRING = re.compile(rb"(" + TEXT + rb"|<<|>>)|%[^\r\n]*+", re.DOTALL)
# An inline picture is BI, the content of a dictionary, ID, the data, EI.
INLINE_HEAD = re.compile(rb"(.*?)[\x00\t\n\f\r ]ID[\x00\t\n\f\r ]", re.DOTALL)
INLINE_END = re.compile(rb"[\x00\t\n\f\r ]EI(?=[\x00\t\n\f\r ]|$)")
# The most bytes of the dictionary of an inline picture.
MAX_INLINE_HEAD = 4000


def clean_content(data, clean_dictionary):
    """Return the content stream `data` (bytes) with the known operations alone.

    `clean_dictionary`: takes the bytes of a dictionary and its kind, and returns the cleaned bytes.

    An operation with an unknown operator or invalid operands is left out. Raises Refused for anything that is
    no operation.
    """
    clean, place = [], 0
    while found := OPERATION.match(data, place):
        operands, operator = found[1], found[2]
        place = found.end()
        if operator == b"BI":
            picture, place = clean_inline_picture(data, place, clean_dictionary)
            clean.append(picture)
            continue
        if b"%" in operands:
            operands = COMMENT_OR_STRING.sub(rb"\1 ", operands)
        if operator == b"BDC":
            clean.append(clean_marked(operands, clean_dictionary))
        elif (pattern := OPERATORS.get(operator)) and pattern.fullmatch(operands):
            clean.append(operands + operator)
    if TRAILING_SPACE.match(data, place).end() < len(data):
        raise Refused(Reason.CANNOT_CLEAN)
    return b"\n".join(clean)


def clean_marked(operands, clean_dictionary):
    """Return the operation BDC, which begins marked content, with cleaned properties."""
    found = MARKED_OPERANDS.fullmatch(operands)
    if not found:  # The content stays marked, without properties, because its end (EMC) stays.
        return b"/Span BMC"
    tag, properties = found.groups()
    if properties.startswith(b"<<"):
        properties = clean_dictionary(properties, "property")
    return tag + b" " + properties + b" BDC"


def clean_inline_picture(data, place, clean_dictionary):
    """Return the inline picture whose operator BI ends at `place`, and the offset after its EI.

    Raises Refused.
    """
    head = INLINE_HEAD.match(data, place, place + MAX_INLINE_HEAD)
    if not head:
        raise Refused(Reason.CANNOT_CLEAN)
    written = clean_dictionary(b"<<" + head[1] + b">>", "inline")
    # JPEG and JPEG 2000 can have metadata, and are not cleaned here. In a name, "#43" is a "C".
    names = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), head[1])
    if re.search(rb"/(DCT|JPX)", names):
        raise Refused(Reason.PDF_PICTURE)
    # The white space after ID can be that before EI, if there are no data.
    for end in INLINE_END.finditer(data, head.end() - 1):
        # "EI" can be part of the picture's data. Then no operation follows.
        if OPERATION.match(data, end.end()) or TRAILING_SPACE.match(data, end.end()).end() == len(data):
            pixels = data[head.end() : end.start()]
            # A JPEG begins so. Without its filter it is no picture, but its metadata would stay.
            if pixels.lstrip().startswith(b"\xff\xd8"):
                raise Refused(Reason.PDF_PICTURE)
            # Without the << and >> of `written`.
            return b"BI\n" + written[2:-2].strip() + b"\nID " + pixels + b"\nEI", end.end()
    raise Refused(Reason.CANNOT_CLEAN)
