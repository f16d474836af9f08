"""Cleans Word and Excel files: a new file is built from the known parts, each filtered by an allow-list.

Such a file is a ZIP file of XML parts and pictures. Relationships lead from part to part (ECMA-376 part 2).
A part that no known relationship leads to is left out, and all parts get new names.
"""

import io
import posixpath
import re
import zipfile
from collections import namedtuple
from xml.parsers import expat

from media.sanitizer import limits, sheets, word
from media.sanitizer.pictures import PNG_START, strip_picture
from media.sanitizer.reasons import Reason, Refused
from media.sanitizer.xml_filter import prefixed_name, quote, refuse_doctype

# The greatest number of entries of the ZIP file.
MAX_PARTS = 2000
# The first bytes of an old Office file, which is also what Office stores a file with a password in.
OLD_OFFICE_START = b"\xd0\xcf\x11\xe0"
# Links lead to the web, an e-mail or a phone only.
SAFE_ADDRESS = re.compile(r"(https?|mailto|tel):", re.IGNORECASE)
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

# A relationship. `type`: the last part of the type's address. `target`: the name of a part, or an address.
# `is_external`: whether the target is outside of the file.
Relation = namedtuple("Relation", "type target is_external")
# A kind of part in the new file. `rules`: Rules for its content. `name`: its name, with {} for a number.
# `is_implied`: whether the relationship to it is used without an id in the text.
Part = namedtuple("Part", "rules name content_type is_implied", defaults=[False])
# `filter`: the subclass of Filter. `main`: the main Part. `parts`: {type of relationship: Part}. `refused`:
# types of relationships for which a file is refused because of comments.
Format = namedtuple("Format", "filter main parts refused")


def word_part(root, name, is_implied=True):
    """Return the Part whose root element is `root`. Its content type has the name without the number."""
    kind = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{name.partition('{')[0]}+xml"
    return Part(word.RULES[root], f"word/{name}.xml", kind, is_implied)


def sheet_part(root, name, kind, is_implied=False):
    """Return the Part whose root element is `root`. `kind`: the last part of its content type."""
    kind = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
    return Part(sheets.RULES[root], f"xl/{name}.xml", kind, is_implied)


THEME_TYPE = "application/vnd.openxmlformats-officedocument.theme+xml"
DOCX = Format(
    word.WordFilter,
    Part(
        word.RULES["document"],
        "word/document.xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    ),
    {
        "styles": word_part("styles", "styles"),
        "numbering": word_part("numbering", "numbering"),
        "settings": word_part("settings", "settings"),
        "fontTable": word_part("fonts", "fontTable"),
        "footnotes": word_part("footnotes", "footnotes"),
        "endnotes": word_part("endnotes", "endnotes"),
        "header": word_part("hdr", "header{}", is_implied=False),
        "footer": word_part("ftr", "footer{}", is_implied=False),
        "theme": Part(word.THEME, "word/theme.xml", THEME_TYPE, is_implied=True),
        # Read to find comments, and never written, so it needs no name.
        "comments": word_part("comments", ""),
    },
    refused=set(),
)
XLSX = Format(
    sheets.SheetFilter,
    sheet_part("workbook", "workbook", "sheet.main"),
    {
        "worksheet": sheet_part("worksheet", "worksheets/sheet{}", "worksheet"),
        "sharedStrings": sheet_part("sst", "sharedStrings", "sharedStrings", is_implied=True),
        "styles": sheet_part("styleSheet", "styles", "styles", is_implied=True),
        "table": sheet_part("table", "tables/table{}", "table"),
        "comments": sheet_part("comments", "", "", is_implied=True),
        "theme": Part(word.THEME, "xl/theme.xml", THEME_TYPE, is_implied=True),
        "drawing": Part(
            sheets.DRAWING,
            "xl/drawings/drawing{}.xml",
            "application/vnd.openxmlformats-officedocument.drawing+xml",
        ),
    },
    refused={"threadedComment"},
)


def clean_docx(data):
    """Return the Word file `data` (bytes) cleaned. Raises Refused, or other errors for a broken file."""
    return rebuild(data, DOCX)


def clean_xlsx(data):
    """Return the Excel file `data` (bytes) cleaned. Raises Refused, or other errors for a broken file."""
    return rebuild(data, XLSX)


def rebuild(data, kind):
    """Return the file `data` (bytes) cleaned. `kind`: its Format."""
    if data.startswith(OLD_OFFICE_START):
        raise Refused(Reason.LOCKED)
    output = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(output, "w") as new:
        if len(old.filelist) > MAX_PARTS:
            raise Refused(Reason.TOO_MUCH)
        if any(part.flag_bits & 1 for part in old.filelist):  # encrypted
            raise Refused(Reason.LOCKED)
        Rebuilder(old, new, kind).run()
    return output.getvalue()


class Rebuilder:
    """Follows the relationships of one file, and writes each part that they lead to once.

    `old`, `new`: ZipFiles. `kind`: a Format.
    """

    def __init__(self, old, new, kind):
        self.old, self.new, self.kind = old, new, kind
        # {(name in the old file, Part.name or "picture"): name in the new file}.
        self.names = {}
        # {name in the new file: content type}.
        self.types = {}
        # The number of pictures, and the unpacked bytes of all parts that were opened.
        self.pictures = self.size = 0

    def run(self):
        mains = [each for each in self.relations_of("").values() if each.type == "officeDocument"]
        if len(mains) != 1:
            raise ValueError("not of this kind")
        target = self.add(mains[0].target, self.kind.main)
        self.write("_rels/.rels", relationships([("rId1", "officeDocument", target, False)]))
        self.write("[Content_Types].xml", content_types(self.types))

    def open_part(self, name):
        """Open the part `name`. Raises Refused if it is too large, or all opened parts together are."""
        info = self.old.getinfo(name)
        self.size += info.file_size
        if info.file_size > limits.PART or self.size > limits.PARTS:
            raise Refused(Reason.TOO_MUCH)
        return self.old.open(info)

    def write(self, name, content):
        # A ZipInfo without a date has that of 1 January 1980.
        self.new.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)

    def relations_of(self, name):
        """Return {id: Relation} of the part `name`, or of the whole file if `name` is empty."""
        folder, base = posixpath.split(name)
        path = posixpath.join(folder, "_rels", f"{base}.rels")
        if path not in self.old.NameToInfo:
            return {}
        with self.open_part(path) as file:
            return read_relations(file, folder)

    def add(self, name, part):
        """Write the part `name` as a `part`, and the parts that it leads to. Return its new name."""
        if (name, part.name) in self.names:
            return self.names[name, part.name]
        new_name = self.names[name, part.name] = part.name.format(len(self.names) + 1)
        if new_name in self.types:
            raise ValueError("two parts where a file has one")
        self.types[new_name] = part.content_type
        relations = self.relations_of(name)
        if self.kind.refused & {each.type for each in relations.values()}:
            raise Refused(Reason.COMMENTS)
        part_filter = self.kind.filter(part.rules, relations)
        with self.open_part(name) as file:
            content = part_filter.run(file)
        rows = []
        for old_id, relation in relations.items():
            linked = self.kind.parts.get(relation.type)
            new_id = part_filter.used.get(old_id)
            if linked and linked.is_implied and not relation.is_external:
                # From 1 on. Ids in the text are numbered from 100 on: Filter.new_relation_id.
                new_id = f"rId{len(rows) + 1}"
            if new_id and (target := self.follow(relation, linked)):
                rows.append((new_id, relation.type, target, relation.is_external))
        self.write(new_name, DECLARATION + content.decode())
        if rows:
            folder, base = posixpath.split(new_name)
            self.write(f"{folder}/_rels/{base}.rels", relationships(rows))
        return new_name

    def follow(self, relation, part):
        """Return the target of `relation` in the new file, or "" to leave the relationship out."""
        if relation.type == "hyperlink":
            # "#" leads nowhere. The relationship stays, because its id is in the text.
            return relation.target if SAFE_ADDRESS.match(relation.target) else "#"
        if relation.is_external:
            raise Refused(Reason.LINKED)
        if relation.type == "image":
            return self.add_picture(relation.target)
        if relation.type == "comments":
            # The filter refuses the file if there is a comment. An empty list of comments is left out.
            with self.open_part(relation.target) as file:
                self.kind.filter(part.rules, {}).run(file)
            return ""
        if not part:
            raise Refused(Reason.CANNOT_CLEAN)
        return self.add(relation.target, part)

    def add_picture(self, name):
        if (name, "picture") in self.names:
            return self.names[name, "picture"]
        with self.open_part(name) as file:
            data = file.read()
        if not data.startswith((PNG_START, b"\xff\xd8")):
            raise Refused(Reason.PICTURE)
        self.pictures += 1
        suffix = "png" if data.startswith(PNG_START) else "jpeg"
        new_name = f"{self.kind.main.name.partition('/')[0]}/media/image{self.pictures}.{suffix}"
        self.names[name, "picture"] = new_name
        self.write(new_name, strip_picture(data))
        return new_name


def read_relations(file, folder):
    """Return {id: Relation} of the open file `file`. `folder`: that of the part with these relationships."""
    found = {}

    def start(name, attributes):
        if prefixed_name(name) != "rel:Relationship":
            return
        target, is_external = attributes["Target"], attributes.get("TargetMode") == "External"
        if not is_external:  # It is relative to the folder, or begins with "/". The result does not.
            target = posixpath.normpath(posixpath.join("/", folder, target))[1:]
        kind = attributes["Type"].rpartition("/")[2]
        found[attributes["Id"]] = Relation(kind, target, is_external)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = start
    parser.Parse(file.read(), True)
    return found


def relationships(rows):
    """Return an XML part of relationships. A row is (id, type, target, is_external), as in Relation."""
    parts = [f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">']
    for new_id, kind, target, is_external in rows:
        mode = ' TargetMode="External"' if is_external or kind == "hyperlink" else ""
        where = quote(target if mode else f"/{target}")
        parts.append(f'<Relationship Id="{new_id}" Type="{RELATIONSHIPS}/{kind}" Target={where}{mode}/>')
    return "".join([*parts, "</Relationships>"])


def content_types(types):
    """Return the XML part [Content_Types].xml. `types`: {name of a part: content type}."""
    defaults = {
        "jpeg": "image/jpeg",
        "png": "image/png",
        "rels": "application/vnd.openxmlformats-package.relationships+xml",
        "xml": "application/xml",
    }
    parts = [f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types">']
    parts += [f'<Default Extension="{suffix}" ContentType="{kind}"/>' for suffix, kind in defaults.items()]
    parts += [f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in types.items()]
    return "".join([*parts, "</Types>"])
