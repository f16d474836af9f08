"""Keeps of a PDF's content streams the operations that draw. Comments and what else readers skip goes.

ISO 32000-2, annex A lists the operators. Each has its operands here as letters: n for a number, N for a
name, s for a string, a for an array, d for a dictionary, and "*" for any number of the letter before.
"""

import re

from media.sanitizer.reasons import Reason, Refused

GAP = rb"(?:[\x00\t\n\f\r ]|%[^\r\n]*+)*+"
NUMBER = rb"[-+.0-9]++"
NAME = rb"/[^\x00\t\n\f\r ()<>\[\]{}/%]*+"
# Brackets in a string may stand in pairs; deeper ones than these have to be escaped.
STRING = rb"\((?:[^()\\]|\\.)*+\)"
for _depth in range(3):
    STRING = rb"\((?:[^()\\]|\\.|" + STRING + rb")*+\)"
HEX = rb"<[0-9A-Fa-f\x00\t\n\f\r ]*+>"
TEXT = rb"(?:" + STRING + rb"|" + HEX + rb")"
ARRAY = rb"\[(?:" + GAP + rb"(?:" + NUMBER + rb"|" + NAME + rb"|" + TEXT + rb"))*+" + GAP + rb"\]"
INNER = rb"(?:[^<>()%]|" + TEXT + rb")"
DICTIONARY = rb"<<(?:" + INNER + rb"|<<" + INNER + rb"*+>>)*+>>"
OPERAND = {"n": NUMBER, "N": NAME, "s": TEXT, "a": ARRAY, "d": DICTIONARY}
ANY = rb"(?:" + rb"|".join([NUMBER, NAME, STRING, DICTIONARY, HEX, ARRAY]) + rb")"
OPERATION = re.compile(
    GAP + rb"((?:" + ANY + GAP + rb")*+)([A-Za-z][A-Za-z0-9]*\*?|['\"])(?![A-Za-z0-9*])", re.DOTALL
)
REST = re.compile(GAP)
SIGNATURES = """
    w:n J:n j:n M:n d:an ri:N i:n gs:N q: Q: cm:nnnnnn m:nn l:nn c:nnnnnn v:nnnn y:nnnn h: re:nnnn S: s: f: F:
    f*: B: B*: b: b*: n: W: W*: BT: ET: Tc:n Tw:n Tz:n TL:n Tf:Nn Tr:n Ts:n Td:nn TD:nn Tm:nnnnnn T*: Tj:s
    TJ:a ':s ":nns d0:nn d1:nnnnnn CS:N cs:N SC:n* sc:n* SCN:n*N* scn:n*N* G:n g:n RG:nnn rg:nnn K:nnnn
    k:nnnn sh:N Do:N BMC:N EMC:
"""
KNOWN = {}
for _each in SIGNATURES.split():
    _operator, _colon, _kinds = _each.rpartition(":")
    _pattern = b"".join(
        rb"(?:" + OPERAND[_letter] + GAP + rb")" + (b"*+" if _star else b"")
        for _letter, _star in re.findall(r"(\w)(\*?)", _kinds)
    )
    KNOWN[_operator.encode()] = re.compile(_pattern, re.DOTALL)
MARKED = re.compile(rb"(" + NAME + rb")" + GAP + rb"(" + NAME + rb"|" + DICTIONARY + rb")" + GAP, re.DOTALL)
COMMENT_OR_STRING = re.compile(rb"(" + TEXT + rb"|<<|>>)|%[^\r\n]*+", re.DOTALL)
INLINE_HEAD = re.compile(rb"(.*?)[\x00\t\n\f\r ]ID[\x00\t\n\f\r ]", re.DOTALL)
INLINE_END = re.compile(rb"[\x00\t\n\f\r ]EI(?=[\x00\t\n\f\r ]|$)")
LONGEST_INLINE_HEAD = 4000


def clean_content(data, clean_dictionary):
    """Return the content stream `data` with the operations that are known. Raises Refused.

    `clean_dictionary` takes the bytes of a dictionary and its kind, and returns the clean bytes.

    An operation with operands that it doesn't take is left out; what is no operation at all is a reason
    to refuse the file.
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
        elif (known := KNOWN.get(operator)) and known.fullmatch(operands):
            clean.append(operands + operator)
    if REST.match(data, place).end() < len(data):
        raise Refused(Reason.CANNOT_CLEAN)
    return b"\n".join(clean)


def clean_marked(operands, clean_dictionary):
    """Return the beginning of marked content with the properties that may stay."""
    found = MARKED.fullmatch(operands)
    if not found:
        return b"/Span BMC"
    tag, properties = found.groups()
    if properties.startswith(b"<<"):
        properties = clean_dictionary(properties, "property")
    return tag + b" " + properties + b" BDC"


def clean_inline_picture(data, place, clean_dictionary):
    """Return the picture whose BI ends at `place`, and the place behind its EI. Raises Refused."""
    head = INLINE_HEAD.match(data, place, place + LONGEST_INLINE_HEAD)
    if not head:
        raise Refused(Reason.CANNOT_CLEAN)
    written = clean_dictionary(b"<<" + head[1] + b">>", "inline")
    if re.search(rb"/(DCT|JPX)", head[1]):
        raise Refused(Reason.PDF_PICTURE)
    for end in INLINE_END.finditer(data, head.end() - 1):
        # The letters may be part of the picture: then no operation follows.
        if OPERATION.match(data, end.end()) or REST.match(data, end.end()).end() == len(data):
            pixels = data[head.end() : end.start()]
            return b"BI\n" + written[2:-2].strip() + b"\nID " + pixels + b"\nEI", end.end()
    raise Refused(Reason.CANNOT_CLEAN)
