"""Cleaning removes everything that readers of a Word or Excel file don't see, or refuses the file.

Each row of a table plants SECRET, or a picture with its position, in one place of a file.
"""

import pytest

from media.sanitizer.office import clean_docx, clean_xlsx
from tests.support.document_samples import (
    PATH,
    SECRET,
    URL,
    R,
    W,
    X,
    clean_or_refuse,
    document_with_metadata,
    docx,
    picture,
    relationships,
    sheet,
    xlsx,
    zipped,
)
from tests.support.media_samples import picture_with_metadata

pytestmark = pytest.mark.sqlite_only

# --- Word -----------------------------------------------------------------------------------------
# Each of these functions returns a function that makes a Word file with the XML, or the field code, in it.
# other_namespace() and nested_field() make a file themselves.
# The ids of relationships (rId2) are those of docx() and xlsx() in tests/support/document_samples.py.


def body(xml):
    return lambda: zipped(docx(xml))


def run(xml):
    return body(f"<w:p><w:r>{xml}</w:r></w:p>")


def field(code):
    return body(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f"<w:r><w:instrText>{code}</w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>result</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )


def settings(xml):
    return lambda: document_with_metadata(
        "docx", {"word/settings.xml": f"<w:settings {W} {R}>{xml}</w:settings>"}
    )


def part(kind, name, content, format_parts=docx, main="word/document.xml"):
    """Return a function that makes a file with another part, and a relationship from the main part to it.

    Of the relationship's type, the sanitizer reads what follows the last slash: `kind`.
    """

    def make():
        parts = format_parts()
        folder, _slash, base = main.rpartition("/")
        rels = f"{folder}/_rels/{base}.rels"
        row = f'<Relationship Id="rId90" Type="x/{kind}" Target="{name}"/></Relationships>'
        parts[rels] = parts[rels].replace("</Relationships>", row)
        return zipped(parts | {f"{folder}/{name}": content})

    return make


def other_namespace():
    words = docx()["word/document.xml"].replace("<w:body", f'<w:body xmlns:z="{URL}"')
    return zipped(docx() | {"word/document.xml": words})


def nested_field():
    inner = f'<w:fldChar w:fldCharType="begin"/><w:instrText>DOCPROPERTY</w:instrText><w:t>{SECRET}</w:t>'
    return zipped(docx(
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>IF </w:instrText>{inner}'
        '<w:fldChar w:fldCharType="end"/><w:fldChar w:fldCharType="separate"/><w:t>result</w:t>'
        '<w:fldChar w:fldCharType="end"/></w:r></w:p>'
    ))  # fmt: skip


W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
VML = 'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
# {place of the planted text: function that makes the file}
DOCX = {
    "field INCLUDEPICTURE": field(f'INCLUDEPICTURE "{URL}a.jpg" \\d'),
    "field INCLUDETEXT": field(f'INCLUDETEXT "{PATH}"'),
    "field DDEAUTO": field(f'DDEAUTO c:\\\\windows\\\\cmd.exe "/k {SECRET}"'),
    "field DDE": field(f"DDE Excel {SECRET}"),
    "field LINK": field(f'LINK Excel.Sheet.12 "{PATH}"'),
    "field AUTHOR": field(f"AUTHOR {SECRET}"),
    "field DOCPROPERTY": field(f'DOCPROPERTY "{SECRET}"'),
    "field FILENAME": field(f"FILENAME \\p {SECRET}"),
    "field MERGEFIELD": field(f"MERGEFIELD {SECRET}"),
    "field HYPERLINK to a file": field(f'HYPERLINK "file:///{SECRET}"'),
    "field PAGE with more": field(f'PAGE DDEAUTO "{SECRET}"'),
    "field in a field": nested_field,
    "field, simple": body(f'<w:p><w:fldSimple w:instr="INCLUDEPICTURE {URL}"><w:r/></w:fldSimple></w:p>'),
    "form field": run(
        '<w:fldChar w:fldCharType="begin"><w:ffData><w:helpText w:val="'
        + SECRET
        + '"/></w:ffData></w:fldChar>'
        '<w:fldChar w:fldCharType="end"/>'
    ),
    "permission": body(f'<w:p><w:permStart w:id="1" w:ed="{SECRET}@example.org"/></w:p>'),
    "proof": body(f'<w:p><w:proofErr w:type="{SECRET}"/></w:p>'),
    "deletion without author": body(
        f'<w:p><w:del w:id="1"><w:r><w:delText>{SECRET}</w:delText></w:r></w:del></w:p>'
    ),
    "insertion": body(f'<w:p><w:ins w:id="1" w:author="{SECRET}"><w:r/></w:ins></w:p>'),
    "format change": body(f'<w:p><w:pPr><w:pPrChange w:author="{SECRET}"/></w:pPr></w:p>'),
    "content control": body(
        f'<w:sdt><w:sdtPr><w:alias w:val="{SECRET}"/><w:dataBinding w:xpath="{SECRET}"/></w:sdtPr>'
        "<w:sdtContent><w:p/></w:sdtContent></w:sdt>"
    ),
    "smart tag": body(f'<w:p><w:smartTag w:uri="{URL}" w:element="{SECRET}"><w:r/></w:smartTag></w:p>'),
    "custom XML": body(f'<w:customXml w:uri="{URL}" w:element="{SECRET}"><w:p/></w:customXml>'),
    "tooltip": body(f'<w:p><w:hyperlink r:id="rId2" w:tooltip="{SECRET}" w:docLocation="{PATH}"/></w:p>'),
    "paragraph id": body(f'<w:p {W14} w14:paraId="{SECRET}" w14:textId="{SECRET}"/>'),
    "unknown element": body(f"<w:p><w:unknown w:val='{SECRET}'>{SECRET}</w:unknown></w:p>"),
    "unknown namespace": body(f'<z:p xmlns:z="{URL}" z:val="{SECRET}"/>'),
    "address of a namespace": other_namespace,
    "ignorable namespaces": body(f'<w:p xmlns:{SECRET}="urn:x" {MC} mc:Ignorable="{SECRET}"/>'),
    "alternative": body(
        f'<w:p {MC}><mc:AlternateContent><mc:Choice Requires="wps"/><mc:Fallback>{SECRET}</mc:Fallback>'
        "</mc:AlternateContent></w:p>"
    ),
    "processing instruction": body(f"<?x {SECRET}?><!-- {SECRET} -->"),
    "words outside of text": body(f"{SECRET}<w:p>{SECRET}</w:p>"),
    "old drawing": run(f'<w:pict {VML}><v:rect o:href="{URL}" id="{SECRET}"/></w:pict>'),
    "old picture": run(f'<w:pict {VML}><v:imagedata r:href="rId2" o:title="{SECRET}"/></w:pict>'),
    "object": run(f'<w:object {VML}><o:OLEObject ProgID="{SECRET}"/></w:object>'),
    "linked picture": run(picture('r:link="rId2"').replace("MarkUser", SECRET)),
    "extension of a picture": run(
        picture('r:embed="rId3"', f'<a:extLst><a:ext uri="{SECRET}"><a:x val="{SECRET}"/></a:ext></a:extLst>')
    ),
    "description of a picture": run(picture('r:embed="rId3"').replace("MarkUser", SECRET)),
    "address as the name of a picture": run(picture('r:embed="rId3"').replace("MarkName.jpg", URL)),
    "variables": settings(f'<w:docVars><w:docVar w:name="{SECRET}" w:val="{SECRET}"/></w:docVars>'),
    "protection": settings(
        f'<w:writeProtection w:hash="{SECRET}"/><w:documentProtection w:salt="{SECRET}"/>'
    ),
    "mail merge": settings(f'<w:mailMerge><w:query w:val="{SECRET}"/></w:mailMerge>'),
    "compatibility": settings(
        f'<w:compat><w:compatSetting w:name="x" w:uri="{URL}" w:val="{PATH}"/></w:compat>'
    ),
    "transformation": settings(f'<w:saveThroughXslt r:id="rId1" w:solutionID="{SECRET}"/>'),
    "embedded font": part("font", "fonts/font1.odttf", picture_with_metadata("jpg")),
    "font table": part(
        "fontTable",
        "fontTable.xml",
        f'<w:fonts {W} {R}><w:font w:name="A"><w:altName w:val="{SECRET}"/><w:embedRegular r:id="x" '
        f'w:fontKey="{SECRET}"/></w:font></w:fonts>',
    ),
    "numbering": part(
        "numbering",
        "numbering.xml",
        f'<w:numbering {W}><w:abstractNum w:abstractNumId="1"><w:nsid w:val="{SECRET}"/>'
        f'<w:name w:val="{SECRET}"/>'
        f'<w:tmpl w:val="{SECRET}"/></w:abstractNum></w:numbering>',
    ),
    "styles": part(
        "styles",
        "styles.xml",
        f'<w:styles {W}><w:style w:type="paragraph" w:styleId="a"><w:name w:val="{PATH}"/>'
        f'<w:rsid w:val="{SECRET}"/>'
        f'<w:personal w:val="{SECRET}"/></w:style></w:styles>',
    ),
    "theme": part(
        "theme",
        "theme/theme1.xml",
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        f'name="{SECRET}"><a:themeElements><a:clrScheme name="{SECRET}"/></a:themeElements></a:theme>',
    ),
    "footnotes": part(
        "footnotes",
        "footnotes.xml",
        f'<w:footnotes {W}><w:footnote w:id="1"><w:p w:rsidR="{SECRET}"/></w:footnote></w:footnotes>',
    ),
    "empty comments": part("comments", "comments.xml", f"<w:comments {W} w:x='{SECRET}'/>"),
    "people": part("people", "people.xml", f"<w:people {W}>{SECRET}</w:people>"),
    "glossary": part("glossaryDocument", "glossary/document.xml", SECRET),
    "web settings": part("webSettings", "webSettings.xml", f"<w:webSettings {W}>{SECRET}</w:webSettings>"),
    "macros": part("vbaProject", "vbaProject.bin", SECRET),
    "part without a relationship": lambda: document_with_metadata("docx", {f"word/{SECRET}.xml": SECRET}),
    "JPEG that says it is a PNG": lambda: document_with_metadata(
        "docx", {"word/media/image2.png": picture_with_metadata("jpg")}
    ),
}

# --- Excel ----------------------------------------------------------------------------------------
# The same for Excel files.


def workbook(xml):
    def make():
        parts = xlsx()
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace("<sheets>", f"{xml}<sheets>")
        return zipped(parts)

    return make


def cells(xml, more=""):
    return lambda: document_with_metadata("xlsx", {"xl/worksheets/sheet1.xml": sheet(xml, more)})


def formula(text):
    return cells(f'<c r="A1" t="str"><f>{text}</f><v>42</v></c>')


XLSX = {
    "formula WEBSERVICE": formula(f'WEBSERVICE("{URL}")'),
    "formula IMAGE": formula(f'_xlfn.IMAGE("{URL}")'),
    "formula DDE": formula(f"cmd|' /C {SECRET}'!A0"),
    "formula of another file": formula(f"'[{PATH}]A'!A1"),
    "formula of an array": cells(f'<c r="A1"><f t="array" ref="A1">RTD("{SECRET}")</f><v>1</v></c>'),
    "formula without a result": cells(f'<c r="A1"><f>WEBSERVICE("{URL}")</f></c>'),
    "name": workbook(
        f'<definedNames><definedName name="{SECRET}" comment="{SECRET}">{SECRET}</definedName></definedNames>'
    ),
    "view of a user": workbook(
        f'<customWorkbookViews><customWorkbookView name="{SECRET}" guid="{SECRET}"/></customWorkbookViews>'
    ),
    "protection": workbook(
        f'<workbookProtection workbookPassword="{SECRET}"/><fileRecoveryPr x="{SECRET}"/>'
    ),
    "revisions": workbook(f'<x:r xmlns:x="urn:x" documentId="{SECRET}"/>'),
    "condition": cells(
        "<c/>",
        f'<conditionalFormatting sqref="A1"><cfRule><formula>WEBSERVICE("{URL}")</formula>'
        f"</cfRule></conditionalFormatting>",
    ),
    "validation": cells(
        "<c/>",
        f'<dataValidations><dataValidation prompt="{SECRET}"><formula1>"{URL}"</formula1>'
        f"</dataValidation></dataValidations>",
    ),
    "view of a sheet": cells(
        "<c/>", f'<customSheetViews><customSheetView guid="{SECRET}"/></customSheetViews>'
    ),
    "scenario": cells(
        "<c/>", f'<scenarios><scenario name="x" user="{SECRET}" comment="{SECRET}"/></scenarios>'
    ),
    "protected range": cells("<c/>", f'<protectedRanges><protectedRange name="{SECRET}"/></protectedRanges>'),
    "link": cells(
        "<c/>",
        f"<hyperlinks>"
        f'<hyperlink ref="A1" location="{PATH}" tooltip="{SECRET}" display="{SECRET}"/></hyperlinks>',
    ),
    "extension": cells("<c/>", f'<extLst><ext uri="{SECRET}"><x>{SECRET}</x></ext></extLst>'),
    "rich value": cells(f'<c r="A1" vm="1" cm="1" z="{SECRET}"><v>1</v></c>'),
    "authors of no comments": lambda: zipped(
        xlsx()
        | {
            "xl/worksheets/_rels/sheet1.xml.rels": relationships(("comments", "../comments1.xml")),
            "xl/worksheets/sheet1.xml": sheet("<c/>"),
            "xl/comments1.xml": f"<comments {X}><authors><author>{SECRET}</author></authors>"
            "<commentList/></comments>",
        }
    ),
    "other file's values": part(
        "externalLink", "externalLinks/externalLink1.xml", SECRET, xlsx, "xl/workbook.xml"
    ),
    "pivot": part("pivotCacheDefinition", "pivotCache/p1.xml", SECRET, xlsx, "xl/workbook.xml"),
    "connection": part("connections", "connections.xml", SECRET, xlsx, "xl/workbook.xml"),
    "history": part("revisionHeaders", "revisions/r.xml", SECRET, xlsx, "xl/workbook.xml"),
    "calculation": part("calcChain", "calcChain.xml", SECRET, xlsx, "xl/workbook.xml"),
    "styles": part(
        "styles",
        "styles.xml",
        f'<styleSheet {X}><cellStyles><cellStyle name="{PATH}" uid="{SECRET}"/></cellStyles></styleSheet>',
        xlsx,
        "xl/workbook.xml",
    ),
    "shared strings": part(
        "sharedStrings",
        "sharedStrings.xml",
        f'<sst {X}>{SECRET}<si z="{SECRET}"><t>a</t></si></sst>',
        xlsx,
        "xl/workbook.xml",
    ),
}


@pytest.mark.parametrize("name", DOCX)
def test_planted_text_does_not_stay_in_a_word_file(name):
    content = clean_or_refuse(DOCX[name](), clean_docx, "docx")  # None if the file is refused
    assert content is None or b"Words." in content


@pytest.mark.parametrize("name", XLSX)
def test_planted_text_does_not_stay_in_an_excel_file(name):
    content = clean_or_refuse(XLSX[name](), clean_xlsx, "xlsx")  # None if the file is refused
    assert content is None or b'name="Figures"' in content
