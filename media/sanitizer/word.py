"""RULES for the parts of a Word file, and the filter for its fields, such as page numbers and links.

ECMA-376 part 1, chapter 17, defines the XML elements and attributes.
"""

import re

from media.sanitizer import drawing
from media.sanitizer.paths import is_not_path
from media.sanitizer.reasons import Reason
from media.sanitizer.xml_filter import (
    WORD_NAMESPACE,
    Filter,
    Rules,
    any_value,
    full_match,
    qualified_names,
    quote,
    token,
    token_attributes,
)

ELEMENTS = (
    qualified_names(
        "w",
        """document body background p pPr r rPr t tab br cr noBreakHyphen softHyphen sym ptab hyperlink
        bookmarkStart bookmarkEnd drawing fldChar fldSimple ruby rubyPr rubyAlign hps hpsRaise hpsBaseText lid
        rt rubyBase footnotes endnotes footnote endnote footnoteReference endnoteReference footnoteRef
        endnoteRef separator continuationSeparator hdr ftr txbxContent bdo dir
        pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr ilvl numId suppressLineNumbers
        pBdr top left bottom right between bar shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct
        topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd snapToGrid spacing ind contextualSpacing
        mirrorIndents suppressOverlap jc textDirection textAlignment textboxTightWrap outlineLvl cnfStyle
        rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof vanish
        webHidden color w kern position sz szCs highlight u effect bdr fitText vertAlign rtl cs em lang
        eastAsianLayout specVanish
        sectPr headerReference footerReference footnotePr endnotePr pos numFmt numStart numRestart type pgSz
        pgMar paperSrc pgBorders lnNumType pgNumType cols col vAlign noEndnote titlePg rtlGutter docGrid
        tbl tblPr tblGrid gridCol tr trPr tc tcPr tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize
        tblStyleColBandSize tblW tblCellSpacing tblInd tblBorders start end insideH insideV tl2br tr2bl
        tblLayout tblCellMar tblLook tblCaption tblDescription gridBefore gridAfter wBefore wAfter cantSplit
        trHeight tblHeader hidden tcW gridSpan hMerge vMerge tcBorders noWrap tcMar tcFitText hideMark tblPrEx
        styles docDefaults rPrDefault pPrDefault style name basedOn next link uiPriority semiHidden
        unhideWhenUsed qFormat locked tblStylePr
        numbering abstractNum multiLevelType lvl lvlRestart isLgl suff lvlText lvlJc num abstractNumId
        lvlOverride startOverride styleLink numStyleLink
        fonts font panose1 charset family notTrueType pitch sig
        settings evenAndOddHeaders mirrorMargins gutterAtTop defaultTabStop autoHyphenation
        characterSpacingControl compat compatSetting decimalSymbol listSeparator themeFontLang
        clrSchemeMapping displayBackgroundShape bordersDoNotSurroundHeader bordersDoNotSurroundFooter""",
    )
    | qualified_names(
        "wp",
        """inline anchor extent effectExtent docPr cNvGraphicFramePr simplePos positionH positionV align
        posOffset wrapNone wrapSquare wrapTight wrapThrough wrapTopAndBottom wrapPolygon start lineTo""",
    )
    | qualified_names("wps", "wsp cNvPr cNvSpPr cNvCnPr spPr style txbx bodyPr")
    | qualified_names("wpg", "wgp cNvPr cNvGrpSpPr grpSpPr grpSp")
    | drawing.ELEMENTS
)
ATTRIBUTES = token_attributes(
    """val type id name anchor history fldCharType dirty space pos leader hanging firstLine left
    right start end top bottom header footer gutter before after line lineRule beforeAutospacing
    afterAutospacing beforeLines afterLines firstLineChars leftChars rightChars hangingChars
    ascii hAnsi cs eastAsia hint asciiTheme hAnsiTheme eastAsiaTheme cstheme color themeColor themeTint
    themeShade fill themeFill themeFillTint themeFillShade sz shadow frame bidi w h hSpace vSpace wrap hAnchor
    vAnchor x y xAlign yAlign hRule dropCap lines anchorLock orient code num sep equalWidth charSpace
    linePitch chapStyle chapSep fmt restart countBy distance offsetFrom zOrder display
    tblpX tblpY tblpXSpec tblpYSpec horzAnchor vertAnchor leftFromText rightFromText
    topFromText bottomFromText
    firstRow lastRow firstColumn lastColumn noHBand noVBand styleId default customStyle ilvl numId
    abstractNumId tentative usb0 usb1 usb2 usb3 csb0 csb1 char font colFirst colLast customMarkFollows
    alignment relativeTo uri first other bg1 t1 bg2 t2 accent1 accent2 accent3 accent4 accent5 accent6
    hyperlink followedHyperlink vert vertCompress combine combineBrackets clear
    evenHBand oddHBand evenVBand oddVBand""",
    prefix="w:",
) | {"xml:space": token}
# Attributes of the elements with the prefixes "wp", "wps" and "wpg", which put drawings onto a page.
DRAWN = token_attributes("""
    distT distB distL distR simplePos relativeHeight behindDoc locked layoutInCell allowOverlap
    x y cx cy l t r b relativeFrom wrapText edited id name hidden txBox bwMode
    rot vert wrap lIns tIns rIns bIns anchor anchorCtr upright numCol spcCol rtlCol fromWordArt forceAA
    compatLnSpc vertOverflow horzOverflow spcFirstLastPara""")
FONT_NAMES = ("ascii", "hAnsi", "cs", "eastAsia")
EXACT = (
    drawing.EXACT
    | {("w:rFonts", f"w:{name}"): is_not_path for name in FONT_NAMES}
    | {
        ("w:font", "w:name"): is_not_path,
        ("w:sym", "w:font"): is_not_path,
        ("w:name", "w:val"): is_not_path,
        ("w:lvlText", "w:val"): full_match(r".{0,60}"),  # the label of an item in a list, such as "%1.%2."
        ("w:decimalSymbol", "w:val"): full_match(r".?"),
        ("w:listSeparator", "w:val"): full_match(r".?"),
        ("w:tblCaption", "w:val"): is_not_path,
        ("w:tblDescription", "w:val"): is_not_path,
        ("w:compatSetting", "w:uri"): full_match(r"http://schemas\.microsoft\.com/office/word"),
        ("w:hyperlink", "r:id"): any_value,
        ("w:headerReference", "r:id"): any_value,
        ("w:footerReference", "r:id"): any_value,
    }
)
# Elements of tracked changes and comments.
CHANGES = qualified_names(
    "w",
    """ins del moveFrom moveTo rPrChange pPrChange sectPrChange tblPrChange tblGridChange
    tcPrChange trPrChange
    tblPrExChange numberingChange cellIns cellDel cellMerge delText delInstrText comment
    moveFromRangeStart moveToRangeStart customXmlInsRangeStart customXmlDelRangeStart
    customXmlMoveFromRangeStart customXmlMoveToRangeStart""",
)
REFUSED = (
    drawing.REFUSED
    | dict.fromkeys(CHANGES, Reason.COMMENTS)
    | dict.fromkeys(qualified_names("w", "object altChunk subDoc control movie"), Reason.CANNOT_CLEAN)
    | dict.fromkeys(qualified_names("v", "imagedata textpath"), Reason.CANNOT_CLEAN)
    | {"wps:linkedTxbx": Reason.CANNOT_CLEAN}
)
# The arguments of Rules for all parts. Its docstring in xml_filter.py says what each allows.
SHARED = {
    "elements": ELEMENTS,
    "attributes": {
        "w": ATTRIBUTES, "wp": DRAWN, "wps": DRAWN, "wpg": DRAWN, "a": drawing.ATTRIBUTES,
        "pic": drawing.ATTRIBUTES,
    },
    "exact": EXACT,
    "fixed": drawing.FIXED,
    "unwrapped": qualified_names("w", "sdt sdtContent smartTag customXml"),
    "skipped": qualified_names(
        "w", "sdtPr sdtEndPr smartTagPr customXmlPr latentStyles ffData docVars numPicBullet"
    )
    | drawing.EXTENSIONS,
    "refused": REFUSED,
    "texts": qualified_names("w", "t") | qualified_names("a", "t") | qualified_names("wp", "align posOffset"),
    "visible": qualified_names("w", "t") | qualified_names("a", "t") | qualified_names("m", "t"),
}  # fmt: skip
RULES = {
    root: Rules(root=f"w:{root}", **SHARED)
    for root in (
        "document",
        "styles",
        "numbering",
        "settings",
        "fonts",
        "footnotes",
        "endnotes",
        "hdr",
        "ftr",
        "comments",
    )
}
# The name of a style stays, because people choose styles by it. The name of a list is removed: nobody sees
# it, and it can reveal something.
RULES["numbering"].elements -= {"w:name"}
# Excel files have the same kind of theme: office.py uses these Rules for both.
THEME = Rules(root="a:theme", **SHARED)

# Instructions of fields whose results come from the document alone, and of links. The first group of names
# takes no arguments, the second takes the name of a bookmark, a style or a sequence. Both take switches,
# which format the result.
SWITCHES = r"""(\s+\\[*#]\s*([A-Za-z]{1,20}|"[#0,. ]{0,20}"))*\s*"""
ARGUMENTS = r"""(\s+(\\[a-zA-Z*#!]|[\w.,-]{1,40}|"[\w\s.,;:#-]{0,60}"))*\s*"""
FIELD = re.compile(
    rf"\s*((PAGE|NUMPAGES|SECTION|SECTIONPAGES){SWITCHES}|(PAGEREF|REF|NOTEREF|SEQ|STYLEREF|TOC|LISTNUM){ARGUMENTS})",
    re.IGNORECASE,
)
# A link to the web, an e-mail, a phone or a bookmark (\l). The switches \o (a tip) and \m are not allowed.
LINK = re.compile(
    r"""\s*HYPERLINK\s+("(https?://|mailto:|tel:)[^"\\]*"|\\l\s+"?[\w.-]+"?)(\s+\\[hnt])*\s*""", re.IGNORECASE
)
# The most characters of an instruction.
MAX_CODE_LENGTH = 2000


def is_safe_field(code):
    return len(code) < MAX_CODE_LENGTH and bool(FIELD.fullmatch(code) or LINK.fullmatch(code))


class WordFilter(Filter):
    """Keeps the results of fields. An instruction stays if it is one of FIELD or LINK."""

    def __init__(self, rules, relations):
        super().__init__(rules, relations)
        # For each open field: `place`, the index in `output` where it begins; `code`, its instruction;
        # `is_code`, whether that is still being read; and `is_safe`, whether it stays.
        self.fields = []

    def write_start(self, name, attributes):
        if name == "w:fldChar":
            self.change_field(attributes.get(f"{WORD_NAMESPACE} fldCharType"))
            self.dropped = 1  # change_field() has written what stays
            return "skip"
        if name == "w:instrText":
            self.dropped = 1
            return "code"  # a state of its own: text() collects the instruction
        if name == "w:fldSimple":
            code = attributes.get(f"{WORD_NAMESPACE} instr", "")
            if not is_safe_field(code):
                return ""  # only its content stays
            self.output.append(f"<w:fldSimple w:instr={quote(code)}>")
            return "/w:fldSimple"
        return super().write_start(name, attributes)

    def change_field(self, kind):
        """Handle a w:fldChar of the `kind` "begin", "separate" (the result follows) or "end"."""
        if kind == "begin":
            self.fields.append({"place": len(self.output), "code": "", "is_code": True, "is_safe": False})
            self.output.append("")  # replaced when the instruction is complete and safe
            return
        field = self.fields[-1]  # IndexError for a field that never began: the file is broken.
        if field["is_code"]:
            field["is_code"] = False
            field["is_safe"] = is_safe_field(field["code"])
            if field["is_safe"]:
                text = quote(field["code"])[1:-1]  # without the quotes
                self.output[field["place"]] = (
                    '<w:fldChar w:fldCharType="begin"/>'
                    f'<w:instrText xml:space="preserve">{text}</w:instrText>'
                )
        if field["is_safe"]:
            self.output.append(f'<w:fldChar w:fldCharType="{"end" if kind == "end" else "separate"}"/>')
        if kind == "end":
            self.fields.pop()

    def text(self, data):
        if self.open[-1] == "code":
            if self.fields:
                self.fields[-1]["code"] += data
        elif not any(field["is_code"] for field in self.fields):
            super().text(data)

    def check_end(self):
        if self.fields:
            raise ValueError("a field without an end")
