"""Documents with planted metadata, such as names and programs. The planted texts have "Mark" in them."""

import io
import re
import zipfile

import pikepdf
from pikepdf import Dictionary, Name

from media.sanitizer.reasons import Refused
from tests.support.media_samples import XMP, picture_with_metadata

SUFFIXES = ["docx", "xlsx", "pdf"]
# Declarations of XML namespaces (of Word, of relationships in a part, of Excel), and addresses of others.
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
DML = "http://schemas.openxmlformats.org/drawingml/2006"
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def document_with_metadata(suffix, more=None):
    """Return the bytes of a document with every kind of metadata that a `suffix` file can have.

    `more`: {name: content} of parts to add or to replace (not for PDF).
    """
    if suffix == "pdf":
        return pdf()
    parts = {"docx": docx, "xlsx": xlsx}[suffix]()
    return zipped(parts | (more or {})) + b"MarkTrailing"


def zipped(parts):
    """Return a ZIP file with `parts` ({name: content}). It is compressed fast: some are 100 MiB long."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.comment = b"MarkZipComment"
    return output.getvalue()


def relationships(*relations):
    """Return an XML part of relationships. `relations`: pairs (type, target)."""
    rows = ""
    for number, (kind, target) in enumerate(relations, start=1):
        mode = ' TargetMode="External"' if ":" in target else ""
        rows += f'<Relationship Id="rId{number}" Type="{TYPES}/{kind}" Target="{target}"{mode}/>'
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def office(main):
    """Return {name: content} of the parts that Word and Excel files have in common. `main`: the main part."""
    overrides = f'<Override PartName="/{main}" ContentType="x"/>'
    for name in ("core", "app", "custom"):
        overrides += f'<Override PartName="/docProps/{name}.xml" ContentType="x"/>'
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{overrides}</Types>',
        "_rels/.rels": relationships(
            ("officeDocument", main),
            ("metadata/core-properties", "docProps/core.xml"),
            ("extended-properties", "docProps/app.xml"),
            ("metadata/thumbnail", "docProps/thumbnail.jpeg"),
            ("custom-properties", "/docProps/custom.xml"),
        ),
        "docProps/core.xml": f'<c xmlns="{PACKAGE}">MarkAuthor</c>',
        "docProps/app.xml": "<a>MarkCompany</a>",
        "docProps/custom.xml": "<a>MarkCustom</a>",
        "docProps/thumbnail.jpeg": b"MarkThumbnail",
        "customXml/item1.xml": "<a>MarkHidden</a>",
    }


def picture(relation, more=""):
    """Return the XML of a picture in a Word file. `more`: XML inside its blip element."""
    return (
        f'<w:drawing><wp:inline xmlns:wp="{DML}/wordprocessingDrawing"><wp:extent cx="900000" cy="900000"/>'
        '<wp:docPr id="1" name="MarkName.jpg" descr="C:\\Users\\MarkUser\\Desktop\\a.jpg"/>'
        f'<a:graphic xmlns:a="{DML}/main"><a:graphicData uri="{DML}/picture">'
        f'<pic:pic xmlns:pic="{DML}/picture">'
        '<pic:nvPicPr><pic:cNvPr id="1" name="MarkName.jpg"/><pic:cNvPicPr/></pic:nvPicPr>'
        f"<pic:blipFill><a:blip {relation}>{more}</a:blip></pic:blipFill>"
        '<pic:spPr><a:prstGeom prst="rect"/></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing>"
    )


def word_body(body):
    """Return the main part of a Word file with the XML `body`."""
    return f"<w:document {W} {R}><!-- MarkNote --><w:body>{body}</w:body></w:document>"


def docx(body=""):
    """Return {name: content} of a Word file. `body`: XML that is added to its body."""
    body += (
        '<w:p w:rsidR="MarkRsid" w:rsidRDefault="MarkRsid"><w:r w:rsidRPr="MarkRsid"><w:t>Words.</w:t></w:r>'
        '<w:hyperlink r:id="rId2"><w:r><w:t>link</w:t></w:r></w:hyperlink>'
        '<w:hyperlink r:id="rId6"><w:r><w:t>another</w:t></w:r></w:hyperlink>'
        f"<w:r>{picture('r:embed="rId3"')}</w:r><w:r>{picture('r:embed="rId7"')}</w:r></w:p>"
    )
    settings = '<w:attachedTemplate r:id="rId1"/><w:rsids><w:rsid w:val="MarkRsid"/></w:rsids>'
    return office("word/document.xml") | {
        "word/document.xml": word_body(body),
        "word/settings.xml": f"<w:settings {W} {R}>{settings}</w:settings>",
        "word/people.xml": '<w:people xmlns:w="x"><w:person w:author="MarkPerson"/></w:people>',
        "word/media/MarkName.jpeg": picture_with_metadata("jpg"),
        "word/media/image2.png": picture_with_metadata("png"),
        "word/_rels/document.xml.rels": relationships(
            ("settings", "settings.xml"),
            ("hyperlink", "https://example.org/"),
            ("image", "media/MarkName.jpeg"),
            ("people", "people.xml"),
            ("customXml", "../customXml/item1.xml"),
            ("hyperlink", "file:///C:/Users/MarkUser/secret.docx"),
            ("image", "media/image2.png"),
        ),
        "word/_rels/settings.xml.rels": relationships(
            ("attachedTemplate", "file:///C:/Users/MarkUser/Templates/Normal.dotm")
        ),
    }


def sheet(cells, more=""):
    """Return the part of an Excel sheet with the XML `cells`. `more`: XML after the cells."""
    return f'<worksheet {X} {R}><sheetData><row r="1">{cells}</row></sheetData>{more}</worksheet>'


def xlsx():
    """Return {name: content} of an Excel file."""
    traces = (
        '<fileVersion appName="Mark"/><fileSharing userName="Mark"/>'
        '<x15ac:absPath xmlns:x15ac="y" url="C:\\Users\\MarkUser\\"/>'
    )
    sheets = '<sheets><sheet name="Figures" sheetId="1" r:id="rId1"/></sheets>'
    anchor = (
        f'<xdr:wsDr xmlns:xdr="{DML}/spreadsheetDrawing" xmlns:a="{DML}/main" {R}><xdr:oneCellAnchor>'
        '<xdr:from><xdr:col>1</xdr:col><xdr:row>1</xdr:row></xdr:from><xdr:ext cx="9000" cy="9000"/><xdr:pic>'
        '<xdr:nvPicPr><xdr:cNvPr id="2" name="MarkName" descr="A lamp"/><xdr:cNvPicPr/></xdr:nvPicPr>'
        '<xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill><xdr:spPr/></xdr:pic><xdr:clientData/>'
        "</xdr:oneCellAnchor></xdr:wsDr>"
    )
    return office("xl/workbook.xml") | {
        "xl/workbook.xml": f"<workbook {X} {R}>{traces}{sheets}</workbook>",
        "xl/_rels/workbook.xml.rels": relationships(
            ("worksheet", "worksheets/sheet1.xml"), ("person", "persons/person.xml")
        ),
        "xl/worksheets/sheet1.xml": sheet(
            '<c r="A1"><v>42</v></c><c r="B1" t="inlineStr"><is><t>Words.</t></is></c>',
            '<pageSetup r:id="rId1"/><drawing r:id="rId2"/>',
        ),
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            ("printerSettings", "../printerSettings/printerSettings1.bin"),
            ("drawing", "../drawings/drawing1.xml"),
        ),
        "xl/drawings/drawing1.xml": anchor,
        "xl/drawings/_rels/drawing1.xml.rels": relationships(("image", "../media/image1.jpeg")),
        "xl/printerSettings/printerSettings1.bin": b"MarkPrinter",
        "xl/persons/person.xml": '<personList><person displayName="MarkPerson"/></personList>',
        "xl/media/image1.jpeg": picture_with_metadata("jpg"),
    }


def pdf(change=None, **save_options):
    """Return the bytes of a PDF. `change`: changes the pikepdf document before it is saved."""
    document = pikepdf.new()
    page = document.add_blank_page()
    picture = document.make_stream(picture_with_metadata("jpg"), Type=Name.XObject, Subtype=Name.Image)
    picture.Filter, picture.Width, picture.Height = Name.DCTDecode, 400, 600
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    picture.Metadata = document.make_stream(XMP)
    page.Resources = Dictionary(XObject=Dictionary(Im1=picture))
    page.Contents = document.make_stream(b"q 200 0 0 300 50 50 cm /Im1 Do Q")
    page.obj.PieceInfo = Dictionary(Mark=Dictionary(Private="MarkPrivate"))
    page.obj.Thumb = document.make_stream(b"MarkThumbnail")
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    link.A = Dictionary(S=Name.URI, URI="https://example.org/")
    link.Contents, link.NM = "MarkContents", "MarkId"
    page.obj.Annots = document.make_indirect([link])
    launch = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=[0, 0, 9, 9])
    launch.A = Dictionary(S=Name.Launch, F="/home/mark/MarkFolder/a.exe")
    page.obj.Annots.append(launch)
    picture["/PTEX.FileName"] = "./MarkName.pdf"
    document.Root.OpenAction = Dictionary(S=Name.JavaScript, JS="MarkScript")
    document.Root.Metadata = document.make_stream(XMP)
    document.attachments["MarkFile.txt"] = b"MarkAttached"
    document.docinfo["/Author"] = "MarkAuthor"
    document.docinfo["/Producer"] = "MarkProducer"
    if change:
        change(document)
    output = io.BytesIO()
    document.save(output, compress_streams=False, **save_options)
    return output.getvalue() + b"%MarkTrailing"


def unpack_all(data, suffix):
    """Return the bytes `data` of a document, and all its parts or streams unpacked."""
    if suffix == "pdf":
        output = io.BytesIO()
        with pikepdf.open(io.BytesIO(data)) as document:
            level = pikepdf.StreamDecodeLevel.generalized
            document.save(output, compress_streams=False, stream_decode_level=level, qdf=True)
        return data + output.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data + b"".join(name.encode() + archive.read(name) for name in archive.namelist())


# --- Planted texts --------------------------------------------------------------------------------

# A word that identifies somebody, here by name and position, for tests that plant it where text must not
# stay.
SECRET = "Amina14N17W"
URL = f"https://{SECRET}.example/"
PATH = f"C:\\Users\\{SECRET}\\a.jpg"
# MarkInfo and Marked are keys of every tagged PDF. "Exif" begins the EXIF data of a JPEG or PNG.
PLANTED = re.compile(SECRET.encode() + rb"|Mark(?!Info|ed)|Exif", re.IGNORECASE)


def clean_or_refuse(raw, clean, suffix):
    """Return the unpacked content of the document `raw` after cleaning, or None if it is refused.

    `clean`: the function of the sanitizer. Fails if a planted text is still there.
    """
    assert PLANTED.search(unpack_all(raw, suffix))
    try:
        content = unpack_all(clean(raw), suffix)
    except Refused:
        return None
    assert not PLANTED.search(content), PLANTED.search(content)
    return content
