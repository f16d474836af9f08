"""Takes out of Word, Excel and OpenDocument files what isn't in their text: who, when, with what.

They are ZIP files of XML and pictures. Each part is cleaned, left out, or a reason to refuse the file:
a part of no known kind is refused. XML is read by lxml, which follows no entity and no address.
"""

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from lxml import etree

from media.strip import strip_picture

MOST_PARTS = 2000
MOST_UNPACKED = 100_000_000  # bytes of all parts together
MOST_XML = 20_000_000  # bytes of one part: lxml takes about ten times as much while it has it
XML = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)


@dataclass
class Kind:
    """What to do with the parts of one kind of file, by patterns of their names; the first that fits."""

    needed: str
    left_out: tuple
    refused: tuple
    kept: tuple
    pictures: tuple = ("*.jpg", "*.jpeg", "*.png")
    plain: tuple = ("mimetype", "*.odttf")


OFFICE = Kind(
    needed="[Content_Types].xml",
    left_out=(
        "docProps/*",
        "customXml/*",
        "docMetadata/*",
        "package/services/metadata/*",
        "word/people.xml",
        "xl/persons/*",
        "*/printerSettings/*",
    ),
    # Data of other files that can be read in this one, and who changed what.
    refused=(
        "*/embeddings/*",
        "*/activeX/*",
        "xl/connections.xml",
        "xl/externalLinks/*",
        "xl/pivotCache/*",
        "xl/queryTables/*",
        "xl/revisions/*",
    ),
    kept=("[[]Content_Types].xml", "_rels/.rels", "word/*.xml", "word/*.rels", "xl/*.xml", "xl/*.rels"),
)
OPEN_DOCUMENT = Kind(
    needed="content.xml",
    left_out=(
        "meta.xml",
        "settings.xml",
        "manifest.rdf",
        "layout-cache",
        "Thumbnails/*",
        "Configurations2/*",
    ),
    refused=("Object*",),
    kept=("META-INF/manifest.xml", "content.xml", "styles.xml"),
)

# Comments and tracked changes: they name people, and what was deleted can be read in them.
TALK = {"annotation", "comment", "threadedComment", "tracked-changes"}
TALKER = "author"
# Traces of sessions, accounts, folders, printers and programs.
TRACES = {
    "absPath",
    "attachedTemplate",
    "docId",
    "docVars",
    "fileSharing",
    "fileVersion",
    "mailMerge",
    "printerSettings",
    "revisionPtr",
    "rsids",
    "scripts",
}
TRACE_ATTRIBUTE = re.compile(r"rsid|paragraph-rsid|refreshedBy$")
# Word calls a picture by its file, whose name or folder can name a person.
CALLED = {"name", "descr", "title"}
FILE_NAME = re.compile(r"\.(jpe?g|png|heic|gif|tiff?|webp)$|^\w:\\|^\\\\|^file:", re.IGNORECASE)
VML_TITLE = "{urn:schemas-microsoft-com:office:office}title"
SAFE_ADDRESS = re.compile(r"(https?|mailto|tel):|#", re.IGNORECASE)


def clean_office(data):
    """Return the .docx or .xlsx `data` cleaned. Raises ValidationError, and others when it is broken."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):  # what Office makes of a document with a password
        raise locked()
    return repack(data, OFFICE)


def clean_open_document(data):
    """Return the .odt or .ods `data` cleaned. Raises ValidationError, and others when it is broken."""
    return repack(data, OPEN_DOCUMENT)


def repack(data, kind):
    """Return the ZIP file `data` with its parts cleaned, without their dates and without bytes around."""
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(output, "w") as new:
        parts = [part for part in old.infolist() if not part.is_dir()]
        names = {part.filename for part in parts}
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise ValidationError(_("This file holds too much when it is unpacked."))
        if kind.needed not in names or len(names) < len(parts):
            raise ValueError("not of this kind")
        if any(part.flag_bits & 1 for part in parts) or is_locked(old, names):
            raise locked()
        stay = {name for name in names if not matches(name, kind.left_out)}
        for part in parts:
            if part.filename in stay:
                content = clean_part(part.filename, old.read(part), kind, stay)
                # OpenDocument wants its first part unpacked, to be known by it.
                packed = zipfile.ZIP_STORED if part.filename == "mimetype" else zipfile.ZIP_DEFLATED
                new.writestr(zipfile.ZipInfo(part.filename), content, packed)
    return output.getvalue()


def is_locked(archive, names):
    """Return whether an OpenDocument file says that it has a password."""
    manifest = "META-INF/manifest.xml"
    return manifest in names and b"encryption-data" in archive.read(manifest)


def matches(name, patterns):
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def clean_part(name, content, kind, stay):
    """Return the `content` of the part `name` cleaned; `stay`: the names of all parts that are kept."""
    if matches(name, kind.refused):
        raise cannot_clean(name)
    if matches(name.lower(), kind.pictures):
        return strip_picture(content)
    if matches(name, kind.plain):
        return content
    if matches(name, kind.kept) and len(content) <= MOST_XML:
        return clean_xml(name, content, stay)
    raise cannot_clean(name)


def clean_xml(name, content, stay):
    """Return the XML `content` of the part `name` cleaned. Raises ValidationError."""
    root = etree.fromstring(content, XML)
    if root.getroottree().docinfo.doctype:
        raise cannot_clean(name)
    for element in list(root.iter(etree.Element)):
        tag, attributes = etree.QName(element).localname, element.attrib
        if tag in TALK or any(etree.QName(key).localname == TALKER for key in attributes):
            raise ValidationError(
                _(
                    "This document has comments or tracked changes, which tell who said and deleted what. "
                    "Accept all changes, delete all comments, save it, and use that."
                )
            )
        if tag in TRACES or speaks_of_nothing(name, tag, attributes, stay):
            element.getparent().remove(element)
            continue
        for key in list(attributes):
            clean_attribute(tag, attributes, key, stay)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def speaks_of_nothing(name, tag, attributes, stay):
    """Return whether an element only says where a part is, and that part is left out.

    Raises ValidationError when what it says is needed is outside this file.
    """
    if tag == "Override":
        return attributes["PartName"].lstrip("/") not in stay
    if tag == "file-entry":
        path = next(value for key, value in attributes.items() if key.endswith("full-path"))
        return path != "/" and path not in stay
    if tag != "Relationship":
        return False
    if attributes.get("TargetMode") != "External":
        # word/_rels/document.xml.rels speaks of what word/document.xml needs.
        folder = posixpath.dirname(posixpath.dirname(name))
        return posixpath.normpath(posixpath.join("/", folder, attributes["Target"]))[1:] not in stay
    relation = attributes["Type"].rpartition("/")[2]
    if relation == "hyperlink":
        if not SAFE_ADDRESS.match(attributes["Target"]):
            attributes["Target"] = "#"
        return False
    if relation in TRACES or relation.startswith("mailMerge"):
        return True
    raise cannot_clean(relation)


def clean_attribute(tag, attributes, key, stay):
    """Clean or delete the attribute `key` of an element with the name `tag`. Raises ValidationError."""
    called, value = etree.QName(key).localname, attributes[key]
    printer = tag == "pageSetup" and called == "id"
    if TRACE_ATTRIBUTE.match(called) or key == VML_TITLE or printer:
        del attributes[key]
    elif called in CALLED and FILE_NAME.search(value):
        attributes[key] = ""
    elif called == "href" and value not in stay and not SAFE_ADDRESS.match(value):
        if tag != "a":
            raise cannot_clean(value)
        attributes[key] = "#"


def cannot_clean(name):
    return ValidationError(
        _("This document holds something that can't be cleaned (%(name)s). Save it as PDF, and use that.")
        % {"name": posixpath.basename(name)}
    )


def locked():
    return ValidationError(_("This file is locked with a password. Save a copy without one, and use that."))
