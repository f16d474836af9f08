"""Documents that tell by whom, when, where and with what they were made; all that is planted says "Mark"."""

import io
import zipfile

import pikepdf
from pikepdf import Dictionary, Name

from tests.media_samples import XMP, telling_picture

SUFFIXES = ["docx", "xlsx", "odt", "ods", "pdf"]
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
X = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:officeooo="http://openoffice.org/2009/office"'
)


def telling_document(suffix, more=None):
    """Return the bytes of a document with all that a `suffix` file has room for.

    `more`: further parts of the file, or others instead, by name (not for PDF).
    """
    if suffix == "pdf":
        return pdf()
    parts = {"docx": docx, "xlsx": xlsx, "odt": open_document, "ods": open_document}[suffix]()
    return zipped(parts | (more or {})) + b"MarkTrailing"


def zipped(parts):
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.comment = b"MarkZipComment"
    return output.getvalue()


def relationships(*relations):
    """Return a part of relationships: pairs of what they are for and where they lead."""
    rows = ""
    for number, (kind, target) in enumerate(relations, start=1):
        mode = ' TargetMode="External"' if ":" in target else ""
        rows += f'<Relationship Id="rId{number}" Type="{TYPES}/{kind}" Target="{target}"{mode}/>'
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def office(main):
    """Return the parts that Word's and Excel's files have in common; `main` is the part to begin with."""
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


def docx():
    body = (
        '<w:p w:rsidR="MarkRsid" w:rsidRDefault="MarkRsid"><w:r w:rsidRPr="MarkRsid"><w:t>Words.</w:t></w:r>'
        '<w:hyperlink r:id="rId2"><w:r><w:t>link</w:t></w:r></w:hyperlink>'
        '<p:cNvPr xmlns:p="x" id="1" name="MarkName.jpg" descr="C:\\Users\\MarkUser\\Desktop\\a.jpg"/></w:p>'
    )
    settings = '<w:attachedTemplate r:id="rId1"/><w:rsids><w:rsid w:val="MarkRsid"/></w:rsids>'
    return office("word/document.xml") | {
        "word/document.xml": f"<w:document {W} {R}><!-- MarkNote --><w:body>{body}</w:body></w:document>",
        "word/settings.xml": f"<w:settings {W} {R}>{settings}</w:settings>",
        "word/people.xml": '<w:people xmlns:w="x"><w:person w:author="MarkPerson"/></w:people>',
        "word/media/image1.jpeg": telling_picture("jpg"),
        "word/media/image2.png": telling_picture("png"),
        "word/_rels/document.xml.rels": relationships(
            ("settings", "settings.xml"),
            ("hyperlink", "https://example.org/"),
            ("image", "media/image1.jpeg"),
            ("people", "people.xml"),
            ("customXml", "../customXml/item1.xml"),
            ("hyperlink", "file:///C:/Users/MarkUser/secret.docx"),
        ),
        "word/_rels/settings.xml.rels": relationships(
            ("attachedTemplate", "file:///C:/Users/MarkUser/Templates/Normal.dotm")
        ),
    }


def xlsx():
    traces = (
        '<fileVersion appName="Mark"/><fileSharing userName="Mark"/>'
        '<x15ac:absPath xmlns:x15ac="y" url="C:\\Users\\MarkUser\\"/>'
    )
    sheet = '<sheetData><row r="1"><c r="A1"><v>42</v></c></row></sheetData><pageSetup r:id="rId1"/>'
    return office("xl/workbook.xml") | {
        "xl/workbook.xml": f"<workbook {X}>{traces}</workbook>",
        "xl/worksheets/sheet1.xml": f"<worksheet {X} {R}>{sheet}</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": relationships(
            ("printerSettings", "../printerSettings/printerSettings1.bin")
        ),
        "xl/printerSettings/printerSettings1.bin": b"MarkPrinter",
        "xl/persons/person.xml": '<personList><person displayName="MarkPerson"/></personList>',
        "xl/media/image1.jpeg": telling_picture("jpg"),
    }  # fmt: skip


def open_document():
    body = (
        '<text:p>Words. <text:a xlink:href="https://example.org/">link</text:a>'
        '<text:a xlink:href="../MarkUser/secret.odt">link</text:a>'
        '<draw:frame><draw:image xlink:href="Pictures/1.jpg"/></draw:frame></text:p>'
    )
    manifest = "".join(
        f'<m:file-entry m:full-path="{name}"/>'
        for name in (
            "/",
            "content.xml",
            "meta.xml",
            "settings.xml",
            "Thumbnails/thumbnail.png",
            "Pictures/1.jpg",
        )
    )
    return {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f'<office:d {OFFICE} officeooo:rsid="MarkRsid">{body}</office:d>',
        "styles.xml": f"<office:document-styles {OFFICE}/>",
        "meta.xml": "<a>MarkAuthor</a>",
        "settings.xml": "<a>MarkPrinter</a>",
        "Thumbnails/thumbnail.png": b"MarkThumbnail",
        "Configurations2/menu.xml": "<a>MarkMenu</a>",
        "Pictures/1.jpg": telling_picture("jpg"),
        "META-INF/manifest.xml": f'<m:manifest xmlns:m="x">{manifest}</m:manifest>',
    }  # fmt: skip


def pdf(change=None, **save_options):
    """Return the bytes of a PDF; `change` may do more to it before it is saved."""
    document = pikepdf.new()
    page = document.add_blank_page()
    picture = document.make_stream(telling_picture("jpg"), Type=Name.XObject, Subtype=Name.Image)
    picture.Filter, picture.Width, picture.Height = Name.DCTDecode, 400, 600
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    picture.Metadata = document.make_stream(XMP)
    page.Resources = Dictionary(XObject=Dictionary(Im1=picture))
    page.Contents = document.make_stream(b"q 200 0 0 300 50 50 cm /Im1 Do Q")
    page.obj.PieceInfo = Dictionary(Mark=Dictionary(Private="MarkPrivate"))
    page.obj.Thumb = document.make_stream(b"MarkThumbnail")
    note = Dictionary(
        Type=Name.Annot, Subtype=Name.Text, Rect=[0, 0, 9, 9], Contents="A note", T="MarkAuthor"
    )
    page.obj.Annots = document.make_indirect([note])
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


def all_in(data, suffix):
    """Return everything that is in the bytes `data` of a document, unpacked."""
    if suffix == "pdf":
        output = io.BytesIO()
        with pikepdf.open(io.BytesIO(data)) as document:
            level = pikepdf.StreamDecodeLevel.generalized
            document.save(output, compress_streams=False, stream_decode_level=level, qdf=True)
        return data + output.getvalue()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return data + b"".join(name.encode() + archive.read(name) for name in archive.namelist())
