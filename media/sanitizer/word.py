"""What may stay in the parts of a Word file. ECMA-376 part 1, chapter 17."""

import re
from xml.sax.saxutils import quoteattr

from media.sanitizer import drawing
from media.sanitizer.reasons import Reason, Refused
from media.sanitizer.xml_filter import Filter, Rules, W, anything, matching, names, token, tokens, words

ELEMENTS = (
    names(
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
    | names(
        "wp",
        """inline anchor extent effectExtent docPr cNvGraphicFramePr simplePos positionH positionV align
        posOffset wrapNone wrapSquare wrapTight wrapThrough wrapTopAndBottom wrapPolygon start lineTo""",
    )
    | names("wps", "wsp cNvPr cNvSpPr cNvCnPr spPr style txbx bodyPr")
    | names("wpg", "wgp cNvPr cNvGrpSpPr grpSpPr grpSp")
    | drawing.ELEMENTS
)
ATTRIBUTES = tokens(
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
DRAWN = tokens("""distT distB distL distR simplePos relativeHeight behindDoc locked layoutInCell allowOverlap
    x y cx cy l t r b relativeFrom wrapText edited id name hidden txBox bwMode
    rot vert wrap lIns tIns rIns bIns anchor anchorCtr upright numCol spcCol rtlCol fromWordArt forceAA
    compatLnSpc vertOverflow horzOverflow spcFirstLastPara""")
FONT_NAMES = ("ascii", "hAnsi", "cs", "eastAsia")
EXACT = (
    drawing.EXACT
    | {("w:rFonts", f"w:{name}"): words for name in FONT_NAMES}
    | {
        ("w:font", "w:name"): words,
        ("w:sym", "w:font"): words,
        ("w:name", "w:val"): words,
        ("w:lvlText", "w:val"): matching(r".{0,60}"),
        ("w:decimalSymbol", "w:val"): matching(r".?"),
        ("w:listSeparator", "w:val"): matching(r".?"),
        ("w:tblCaption", "w:val"): words,
        ("w:tblDescription", "w:val"): words,
        ("w:compatSetting", "w:uri"): matching(r"http://schemas\.microsoft\.com/office/word"),
        ("w:hyperlink", "r:id"): anything,
        ("w:headerReference", "r:id"): anything,
        ("w:footerReference", "r:id"): anything,
    }
)
CHANGES = names(
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
    | dict.fromkeys(names("w", "object altChunk subDoc control movie"), Reason.CANNOT_CLEAN)
    | dict.fromkeys(names("v", "imagedata textpath"), Reason.CANNOT_CLEAN)
    | {"wps:linkedTxbx": Reason.CANNOT_CLEAN}
)
SHARED = {
    "elements": ELEMENTS,
    "attributes": {
        "w": ATTRIBUTES, "wp": DRAWN, "wps": DRAWN, "wpg": DRAWN, "a": drawing.ATTRIBUTES,
        "pic": drawing.ATTRIBUTES,
    },
    "exact": EXACT,
    "fixed": drawing.FIXED,
    "unwrapped": names("w", "sdt sdtContent smartTag customXml"),
    "skipped": names("w", "sdtPr sdtEndPr smartTagPr customXmlPr latentStyles ffData docVars numPicBullet")
    | drawing.EXTENSIONS,
    "refused": REFUSED,
    "texts": names("w", "t") | names("a", "t") | names("wp", "align posOffset"),
    "visible": names("w", "t") | names("a", "t") | names("m", "t"),
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
# In styles a name is what readers choose a style by; in lists it is a trace.
RULES["numbering"].elements -= {"w:name"}
THEME = Rules(root="a:theme", **SHARED)

# Fields that are worked out from the document alone, and links to the web. The first take no words of
# their own, the second name a bookmark, a style or a sequence. The switches say how they look.
FORMAT = r"""(\s+\\[*#]\s*([A-Za-z]{1,20}|"[#0,. ]{0,20}"))*\s*"""
ARGUMENTS = r"""(\s+(\\[a-zA-Z*#!]|[\w.,-]{1,40}|"[\w\s.,;:#-]{0,60}"))*\s*"""
FIELD = re.compile(
    rf"\s*((PAGE|NUMPAGES|SECTION|SECTIONPAGES){FORMAT}|(PAGEREF|REF|NOTEREF|SEQ|STYLEREF|TOC|LISTNUM){ARGUMENTS})",
    re.IGNORECASE,
)
LINK = re.compile(
    r"""\s*HYPERLINK\s+("(https?://|mailto:|tel:)[^"\\]*"|\\l\s+"?[\w.-]+"?)(\s+\\[hnt])*\s*""", re.IGNORECASE
)
LONGEST_CODE = 2000
# How expat names attributes of Word's namespace.
W_SPACE = f"{W} "


def is_safe_field(code):
    return len(code) < LONGEST_CODE and bool(FIELD.fullmatch(code) or LINK.fullmatch(code))


class WordFilter(Filter):
    """Keeps what fields show, and their instructions when these are known to ask for nothing else."""

    def __init__(self, rules, relations):
        super().__init__(rules, relations)
        # For each open field: the place of its beginning in the result, its instruction, its state.
        self.fields = []

    def decide(self, name, attributes):
        if name == "w:fldChar":
            self.change_field(attributes.get(f"{W_SPACE}fldCharType"))
            self.dropped = 1
            return "skip"
        if name == "w:instrText":
            self.dropped = 1
            return "code"
        if name == "w:fldSimple":
            code = attributes.get(f"{W_SPACE}instr", "")
            if not is_safe_field(code):
                return ""
            self.out.append(f"<w:fldSimple w:instr={quote(code)}>")
            return "/w:fldSimple"
        if name == "a:blip" and not any(key.endswith(" embed") for key in attributes):
            raise Refused(Reason.LINKED)
        return super().decide(name, attributes)

    def change_field(self, kind):
        if kind == "begin":
            self.fields.append({"place": len(self.out), "code": "", "is_code": True, "is_safe": False})
            self.out.append("")
            return
        field = self.fields[-1]  # IndexError on a field that never began: the file is broken
        if field["is_code"]:
            field["is_code"] = False
            field["is_safe"] = is_safe_field(field["code"])
            if field["is_safe"]:
                text = quote(field["code"])[1:-1]
                self.out[field["place"]] = (
                    '<w:fldChar w:fldCharType="begin"/>'
                    f'<w:instrText xml:space="preserve">{text}</w:instrText>'
                )
        if field["is_safe"]:
            self.out.append(f'<w:fldChar w:fldCharType="{"end" if kind == "end" else "separate"}"/>')
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


def quote(text):
    return quoteattr(text, {'"': "&quot;"})
