"""Cleaning removes everything that readers of a PDF don't see, or refuses the file.

Each row of the table plants SECRET, or a picture that tells where it was taken, in one place of a file.
"""

import zlib

import pytest
from pikepdf import Array, Dictionary, Name

from media.sanitizer.pdf import clean_pdf
from media.sanitizer.reasons import Refused
from tests.support.document_samples import PATH, SECRET, URL, clean_or_refuse, pdf
from tests.support.media_samples import picture_with_metadata

pytestmark = pytest.mark.sqlite_only


def on(find, **keys):
    """Return a function that makes a PDF with `keys` in the dictionary that `find` returns."""

    def change(document):
        for key, value in keys.items():
            find(document)[f"/{key}"] = value

    return lambda: pdf(change)


def image(document):
    return document.pages[0].Resources.XObject.Im1


# Dictionaries of a PDF, for on().
ROOT, PAGE = (lambda document: document.Root), (lambda document: document.pages[0].obj)
LINK, RESOURCES = (lambda document: PAGE(document).Annots[0]), (lambda document: PAGE(document).Resources)


# Each of these functions returns a function that makes a changed PDF, as on() does.


def with_content(data):
    data = data.encode() if isinstance(data, str) else data
    content = b"q 200 0 0 300 50 50 cm /Im1 Do Q\n" + data
    return lambda: pdf(lambda document: setattr(PAGE(document), "Contents", document.make_stream(content)))


def with_font(**keys):
    def change(document):
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        for key, value in keys.items():
            font[f"/{key}"] = value(document)
        document.pages[0].Resources.Font = Dictionary(F1=font)
        document.pages[0].Contents = document.make_stream(b"q 2 0 0 3 5 5 cm /Im1 Do Q BT /F1 9 Tf (a) Tj ET")

    return lambda: pdf(change)


def with_structure(**keys):
    def change(document):
        tree = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
        element = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Figure, P=tree))
        for key, value in keys.items():
            element[f"/{key}"] = value
        tree.K = element
        document.Root.StructTreeRoot = tree

    return lambda: pdf(change)


# Functions that change a PDF, for pdf(). cmap() makes a value for with_font().


def deleted_page(document):
    """Add a page that is missing from the list of pages, like a deleted one, and a bookmark to it."""
    content = document.make_stream(f"({SECRET}) Tj".encode())
    page = document.make_indirect(Dictionary(Type=Name.Page, MediaBox=[0, 0, 9, 9], Contents=content))
    document.Root.Outlines = Dictionary(First=Dictionary(Title="a", Dest=Array([page, Name.Fit])))


def unused_picture(document):
    # SECRET has 11 bytes: a row of 11 grey pixels.
    unused = document.make_stream(SECRET.encode(), Type=Name.XObject, Subtype=Name.Image, Width=11, Height=1)
    unused.ColorSpace, unused.BitsPerComponent = Name.DeviceGray, 8
    document.pages[0].Resources.XObject.Im2 = unused
    document.pages[0].Contents = document.make_stream(b"q Q")


def layers(document):
    usage = Dictionary(CreatorInfo=Dictionary(Creator=SECRET), User=Dictionary(Name=SECRET))
    layer = document.make_indirect(Dictionary(Type=Name.OCG, Name=PATH, Usage=usage, Metadata=SECRET))
    settings = Dictionary(Name=SECRET, Creator=SECRET, Order=[layer], OFF=[layer])
    document.Root.OCProperties = Dictionary(OCGs=[layer], D=settings)
    condition = document.make_indirect(Dictionary(Type=Name.OCMD, OCGs=[layer], Name=SECRET, Z=SECRET))
    said = Dictionary(ActualText=PATH, Alt=f"{SECRET}.jpg", Metadata=SECRET, Z=SECRET)
    document.pages[0].Resources.Properties = Dictionary(MC0=layer, MC1=condition, MC2=said)
    content = b"/OC /MC0 BDC /OC /MC1 BDC /Span /MC2 BDC q 2 0 0 3 5 5 cm /Im1 Do Q EMC EMC EMC"
    document.pages[0].Contents = document.make_stream(content)


def form_xobject(document):
    def make(content, **keys):
        form = document.make_stream(content.encode(), Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9])
        for key, value in keys.items():
            form[f"/{key}"] = value
        return form

    unused = make(f"({SECRET}) Tj")
    inner = make(f"({SECRET}) zz q Q", Name=Name(f"/{SECRET}"), OPI=Dictionary(A=SECRET))
    form = make(f"% {SECRET}\nq Q /Fm2 Do", PieceInfo=Dictionary(A=SECRET), Ref=Dictionary(F=PATH))
    form.LastModified, form.Resources = SECRET, Dictionary(XObject=Dictionary(Fm2=inner, Fm3=unused))
    document.pages[0].Resources.XObject.Fm1 = form
    document.pages[0].Resources.XObject.Fm4 = unused
    document.pages[0].Contents = document.make_stream(b"/Im1 Do /Fm1 Do")
    return form


def parts_of_elements(document):
    """Add an element with a part that has notes, and one within a form that isn't in the file any more."""
    stale = document.make_stream(f"({SECRET}) Tj".encode(), Type=Name.XObject, Subtype=Name.Form)
    form = form_xobject(document)
    parts = [
        Dictionary(Type=Name.MCR, Stm=form, MCID=1, StmOwn=Dictionary(A=SECRET), Z=SECRET),
        Dictionary(Type=Name.MCR, Stm=stale, MCID=1),
        Dictionary(Type=Name.OBJR, Obj=stale),
    ]
    element = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P, K=Array(parts)))
    document.Root.StructTreeRoot = document.make_indirect(Dictionary(Type=Name.StructTreeRoot, K=element))


def profile(document):
    image(document).ColorSpace = Array([Name.ICCBased, document.make_stream(SECRET.encode(), N=3)])


def cmap(document):
    text = f"% {SECRET}\n/Title ({SECRET}) def 1 beginbfchar <00> <41> endbfchar"
    return document.make_stream(text.encode())


def trailing_bytes(document):
    data = zlib.compress(bytes(3)) + picture_with_metadata("jpg")
    image(document).write(data, filter=Name.FlateDecode)
    image(document).Width = image(document).Height = 1  # a pixel of three bytes


def below(*filters, predictor=False):
    """Return a function that makes a PDF with a picture of 11 pixels in a row, and SECRET below it."""

    def change(document):
        data = b"".join(b"\0" * predictor + row for row in (b"\0" * 33, SECRET.encode() * 3))
        data = zlib.compress(data) if "FlateDecode" in filters else data
        data = data.hex().encode() + b">" if "ASCIIHexDecode" in filters else data
        parameters = Dictionary(Predictor=15, Columns=11, Colors=3) if predictor else None
        names = [Name(f"/{name}") for name in filters]
        image(document).write(data, filter=names or None, decode_parms=parameters)
        image(document).Width, image(document).Height = 11, 1

    return lambda: pdf(change)


def test_what_is_above_a_pictures_height_stays():
    assert b"\0" * 33 in clean_or_refuse(below("FlateDecode", predictor=True)(), clean_pdf)


def test_jpeg_that_is_higher_than_its_picture_is_refused():
    with pytest.raises(Refused):
        clean_pdf(on(image, Height=599)())


JPEG, DCT = picture_with_metadata("jpg"), Name("/DCT")
# {place of the planted text: function that makes the file}
PDF = {
    "inline JPEG": with_content(b"BI /W 4 /H 6 /BPC 8 /CS /RGB /F /DCT ID " + JPEG + b" EI Q\n"),
    "inline JPEG in a chain": with_content(b"BI /W 4 /H 6 /F [/Fl /DCTDecode] ID " + JPEG + b" EI Q\n"),
    "inline picture's keys": with_content(f"BI /W 1 /H 1 /BPC 8 /CS /G /Z ({SECRET}) ID a EI"),
    "filter /DCT": on(image, Filter=DCT),
    "filter [/DCT /DCT]": on(image, Filter=Array([DCT, DCT])),
    "comment": with_content(f"% {SECRET}\nq Q % {SECRET}"),
    "comment among operands": with_content(f"1 0 % {SECRET}\n0 rg [(a) % {SECRET}\n] TJ"),
    "marked content": with_content(f"/Span <</Z ({SECRET}) /MCID 1 /Alt ({PATH})>> BDC EMC /A ({SECRET}) DP"),
    "unknown operator": with_content(f"BX ({SECRET}) zz EX ({SECRET}) Do"),
    "operand too many": with_content(f"BT ({SECRET}) (a) Tj ({SECRET}) q ET"),
    "no operator": with_content(f"({SECRET})"),
    "OpenAction URI": on(ROOT, OpenAction=Dictionary(S=Name.URI, URI=URL)),
    "OpenAction SubmitForm": on(ROOT, OpenAction=Dictionary(S=Name.SubmitForm, F=URL)),
    "catalog's actions": on(ROOT, AA=Dictionary(WC=Dictionary(S=Name.URI, URI=URL))),
    "page's actions": on(PAGE, AA=Dictionary(O=Dictionary(S=Name.URI, URI=URL))),
    "link's actions": on(LINK, AA=Dictionary(E=Dictionary(S=Name.URI, URI=URL))),
    "next action": on(lambda d: LINK(d).A, Next=Dictionary(S=Name.URI, URI=URL)),
    "link to a file": on(lambda d: LINK(d).A, URI=f"file:///{SECRET}"),
    "link's names": on(LINK, T=SECRET, NM=SECRET, Contents=SECRET, PA=Dictionary(S=Name.URI, URI=URL)),
    "other file's page": on(LINK, A=Dictionary(S=Name.GoToR, F=PATH, D=[0, Name.Fit])),
    "script": on(LINK, A=Dictionary(S=Name.JavaScript, JS=SECRET)),
    "named scripts": on(ROOT, Names=Dictionary(JavaScript=Dictionary(Names=["a", Dictionary(JS=SECRET)]))),
    "address of all links": on(ROOT, URI=Dictionary(Base=URL)),
    "stream in a file": on(image, F=Dictionary(F=URL), FFilter=Name.DCTDecode),
    "alternate picture": on(image, Alternates=[SECRET], OPI=Dictionary(a=SECRET), ID=SECRET),
    "name of a picture": on(image, Name=Name(f"/{SECRET}")),
    "unknown key": on(PAGE, Zz=SECRET),
    "unknown key of the catalog": on(ROOT, Zz=SECRET, Legal=SECRET, Perms=SECRET, SpiderInfo=SECRET),
    "value of another kind": on(PAGE, Rotate=SECRET, Tabs=Name(f"/{SECRET}")),
    "threads": on(ROOT, Threads=[Dictionary(I=Dictionary(Author=SECRET))]),
    "requirements": on(ROOT, Requirements=[SECRET], AF=[SECRET], Extensions=Dictionary(A=SECRET)),
    "output profile": on(ROOT, OutputIntents=[Dictionary(Info=SECRET)]),
    "page's notes": on(PAGE, LastModified=SECRET, PZ=SECRET, Metadata=SECRET, SeparationInfo=SECRET),
    "language": on(ROOT, Lang=PATH),
    "path as description": with_structure(Alt=PATH, T=SECRET, C=Name(f"/{SECRET}")),
    "file name as description": with_structure(Alt=f"{SECRET}.jpg", ID=SECRET),
    "path on a Mac": with_structure(Alt=f"/Users/{SECRET}/a"),
    "attributes": with_structure(A=Dictionary(O=Name.UserProperties, P=[Dictionary(N=SECRET, V=SECRET)])),
    "parts of elements": lambda: pdf(parts_of_elements),
    "layers": lambda: pdf(layers),
    "page that was deleted": lambda: pdf(deleted_page),
    "picture that isn't drawn": lambda: pdf(unused_picture),
    "form": lambda: pdf(form_xobject),
    "colour profile": lambda: pdf(profile),
    "bytes behind a picture": lambda: pdf(trailing_bytes),
    "below a picture": below(),
    "below a compressed picture": below("FlateDecode"),
    "below a picture in two filters": below("ASCIIHexDecode", "FlateDecode"),
    "below a picture with a predictor": below("FlateDecode", predictor=True),
    "table of characters": with_font(ToUnicode=cmap),
    "font": with_font(FontDescriptor=lambda _d: Dictionary(Z=SECRET, FontFamily=SECRET, Style=SECRET)),
    "glyph": with_font(
        Subtype=lambda _d: Name.Type3,
        CharProcs=lambda d: Dictionary(a=d.make_stream(f"1 0 d0 % {SECRET}".encode())),
    ),
    "state": on(RESOURCES, ExtGState=Dictionary(G=Dictionary(Z=SECRET, TR=SECRET))),
    "unused resources": on(RESOURCES, ProcSet=[SECRET], Zz=SECRET),
}


@pytest.mark.parametrize("name", PDF)
def test_planted_text_does_not_stay(name):
    content = clean_or_refuse(PDF[name](), clean_pdf)
    # None if the file is refused. Each page has a MediaBox. One that was deleted does not stay.
    assert content is None or content.count(b"/MediaBox") == 1
