"""RULES for the parts of an Excel file, and the filter for its cells, which removes formulas.

The results of formulas stay. A formula itself can load from the web and start programs. ECMA-376 part 1,
chapter 18, defines the XML elements and attributes.
"""

from media.sanitizer import drawing
from media.sanitizer.paths import is_not_path
from media.sanitizer.reasons import Reason, Refused
from media.sanitizer.xml_filter import (
    Filter,
    Rules,
    any_value,
    full_match,
    qualified_names,
    token,
    token_attributes,
)

ELEMENTS = (
    qualified_names(
        "x",
        """workbook workbookPr bookViews workbookView sheets sheet
        worksheet sheetPr tabColor outlinePr pageSetUpPr dimension sheetViews sheetView pane selection
        sheetFormatPr cols col sheetData row c v is mergeCells mergeCell hyperlinks hyperlink printOptions
        pageMargins pageSetup headerFooter oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter
        rowBreaks colBreaks brk drawing tableParts tablePart autoFilter
        sst si t r rPr rFont b i u strike outline shadow condense extend color sz family charset scheme
        vertAlign name
        styleSheet numFmts numFmt fonts font fills fill patternFill fgColor bgColor gradientFill stop borders
        border left right top bottom diagonal vertical horizontal start end cellStyleXfs cellXfs xf alignment
        protection cellStyles cellStyle dxfs dxf tableStyles colors indexedColors rgbColor mruColors
        table tableColumns tableColumn tableStyleInfo""",
    )
    | qualified_names(
        "xdr",
        """wsDr twoCellAnchor oneCellAnchor absoluteAnchor from to col colOff row rowOff pos ext pic nvPicPr
        cNvPr cNvPicPr blipFill spPr clientData sp nvSpPr cNvSpPr style txBody cxnSp nvCxnSpPr cNvCxnSpPr
        grpSp nvGrpSpPr cNvGrpSpPr grpSpPr""",
    )
    | drawing.ELEMENTS
)
# A range of cells, such as A1:B2, and several with spaces between them.
RANGE, RANGES = full_match(r"[A-Z0-9:$]{0,30}"), full_match(r"[A-Z0-9:$ ]{0,255}")
ATTRIBUTES = token_attributes(
    """count uniqueCount date1904 activeTab firstSheet xWindow yWindow windowWidth windowHeight
    tabRatio sheetId state rgb theme tint indexed auto summaryBelow summaryRight fitToPage
    showGridLines showRowColHeaders showZeros rightToLeft tabSelected view topLeftCell zoomScale
    zoomScaleNormal workbookViewId xSplit ySplit activePane pane activeCell
    baseColWidth defaultColWidth defaultRowHeight customHeight zeroHeight outlineLevelRow outlineLevelCol
    min max width style hidden bestFit outlineLevel collapsed customWidth r s ht customFormat t
    horizontalCentered verticalCentered headings gridLines left right top bottom header footer
    paperSize scale firstPageNumber fitToWidth fitToHeight pageOrder orientation blackAndWhite draft errors
    useFirstPageNumber horizontalDpi verticalDpi differentOddEven differentFirst scaleWithDoc alignWithMargins
    manualBreakCount man id headerRowCount totalsRowCount totalsRowShown insertRow
    totalsRowFunction showFirstColumn showLastColumn showRowStripes showColumnStripes
    val numFmtId patternType type degree position diagonalUp diagonalDown outline fontId fillId
    borderId xfId applyNumberFormat applyFont applyFill applyBorder applyAlignment applyProtection
    quotePrefix pivotButton horizontal vertical textRotation wrapText indent shrinkToFit readingOrder
    justifyLastLine locked builtinId iLevel customBuiltin defaultTableStyle defaultPivotStyle"""
) | {"ref": RANGE, "sqref": RANGES, "xml:space": token}
# Attributes of the elements with the prefix "xdr", which put drawings onto a sheet.
DRAWN = token_attributes("editAs txBox") | drawing.ATTRIBUTES
# Any text on one line. Excel allows 255 characters.
LINE = full_match(r"[^\x00-\x1f]{0,255}")
EXACT = drawing.EXACT | {
    ("x:numFmt", "formatCode"): LINE,
    ("x:sheet", "name"): LINE,
    ("x:sheet", "r:id"): any_value,
    # Excel's menus don't show a sheet that is "veryHidden", so that the editor can't find it.
    ("x:sheet", "state"): full_match("visible|hidden"),
    ("x:rFont", "val"): is_not_path,
    ("x:name", "val"): is_not_path,
    ("x:cellStyle", "name"): is_not_path,
    ("x:table", "name"): token,
    ("x:table", "displayName"): token,
    ("x:tableColumn", "name"): LINE,
    ("x:tableColumn", "totalsRowLabel"): LINE,
    ("x:tableStyleInfo", "name"): token,
    # A place in this file. The other characters lead to programs (|), other workbooks ([]), files and the
    # web.
    ("x:hyperlink", "location"): full_match(r"[^\x00-\x1f|\[\]\\:/]{0,255}"),
    ("x:hyperlink", "r:id"): any_value,
    ("x:drawing", "r:id"): any_value,
    ("x:tablePart", "r:id"): any_value,
}
# The arguments of Rules for all parts. Its docstring in xml_filter.py says what each allows.
SHARED = {
    "elements": ELEMENTS,
    "attributes": {"x": ATTRIBUTES, "xdr": DRAWN, "a": drawing.ATTRIBUTES, "pic": drawing.ATTRIBUTES},
    "exact": EXACT,
    "fixed": drawing.FIXED,
    "skipped": drawing.EXTENSIONS | qualified_names("x", "extLst"),
    "refused": drawing.REFUSED
    | dict.fromkeys(qualified_names("x", "controls oleObjects"), Reason.CANNOT_CLEAN)
    | {"x:comment": Reason.COMMENTS},
    "texts": qualified_names("x", "t v oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter")
    | qualified_names("a", "t")
    | qualified_names("xdr", "col colOff row rowOff"),
    "visible": qualified_names("x", "t v") | qualified_names("a", "t"),
}
RULES = {
    root: Rules(root=f"x:{root}", **SHARED)
    for root in ("workbook", "worksheet", "sst", "styleSheet", "table", "comments")
}
DRAWING = Rules(root="xdr:wsDr", **SHARED)


class SheetFilter(Filter):
    """Refuses a file with a formula that has no result, because the cell would become empty."""

    def __init__(self, rules, relations):
        super().__init__(rules, relations)
        # These describe the cell (x:c) that is being read.
        self.has_formula = self.has_value = False

    def write_start(self, name, attributes):
        if name == "x:c":
            self.has_formula = self.has_value = False
        elif name == "x:f":  # not in ELEMENTS, so it is left out below
            self.has_formula = True
        elif name in {"x:v", "x:is"}:
            self.has_value = True
        return super().write_start(name, attributes)

    def end(self, name):
        # "/x:c" is the state of a cell that is written (Filter.open).
        if self.open[-1] == "/x:c" and self.has_formula and not self.has_value:
            raise Refused(Reason.FORMULAS)
        super().end(name)
