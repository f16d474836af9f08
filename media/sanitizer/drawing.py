"""Parts of Rules (media/sanitizer/xml_filter.py) for drawings in Word and Excel: pictures, shapes, themes.

ECMA-376 part 1, chapters 20 and 21, defines the XML elements and attributes.
"""

from media.sanitizer.paths import is_not_path
from media.sanitizer.reasons import Reason
from media.sanitizer.xml_filter import any_value, full_match, qualified_names, token_attributes

ELEMENTS = qualified_names(
    "a",
    """graphic graphicData blip stretch fillRect tile srcRect xfrm off ext chOff chExt prstGeom avLst gd
        custGeom gdLst ahLst cxnLst rect pathLst path moveTo lnTo cubicBezTo quadBezTo arcTo close pt
        ln noFill solidFill gradFill gsLst gs lin pattFill fgClr bgClr grpFill prstDash custDash round bevel
        miter headEnd tailEnd srgbClr schemeClr sysClr prstClr scrgbClr hslClr lumMod lumOff lum tint shade
        satMod satOff hueMod hueOff alpha alphaOff alphaMod alphaModFix grayscl duotone biLevel clrChange
        clrFrom clrTo gamma invGamma comp inv gray fillToRect
        effectLst outerShdw innerShdw glow softEdge reflection blur effectRef fillRef lnRef fontRef
        graphicFrameLocks picLocks spLocks hlinkClick scene3d camera rot lightRig sp3d bevelT bevelB
        bodyPr normAutofit spAutoFit noAutofit prstTxWarp lstStyle p pPr r rPr t br endParaRPr defRPr
        lvl1pPr lvl2pPr lvl3pPr lvl4pPr lvl5pPr lvl6pPr lvl7pPr lvl8pPr lvl9pPr buNone buChar buAutoNum buFont
        buClr buClrTx buFontTx buSzPct buSzPts buSzTx spcBef spcAft lnSpc spcPct spcPts tabLst tab
        latin ea cs sym font highlight uFillTx uLnTx
        theme themeElements clrScheme dk1 lt1 dk2 lt2 accent1 accent2 accent3 accent4 accent5 accent6 hlink
        folHlink fontScheme majorFont minorFont fmtScheme fillStyleLst lnStyleLst effectStyleLst effectStyle
        bgFillStyleLst""",
) | qualified_names("pic", "pic nvPicPr cNvPr cNvPicPr blipFill spPr")
ATTRIBUTES = token_attributes(
    """x y cx cy uri cstate prst name fmla w h stroke fill rot flipH flipV cap cmpd algn val lastClr
    pos ang scaled path l t r b type len id descr title hidden bwMode
    noChangeAspect noChangeArrowheads noGrp noSelect noMove noResize noCrop preferRelativeResize
    lang altLang sz b i u strike kern baseline spc dirty marL marR marT marB indent lvl defTabSz rtl eaLnBrk
    latinLnBrk hangingPunct fontAlgn anchor anchorCtr wrap lIns tIns rIns bIns numCol spcCol vert vertOverflow
    horzOverflow rotWithShape rtlCol fromWordArt forceAA compatLnSpc upright
    typeface script panose pitchFamily charset idx blurRad dist dir sx sy kx ky stA stPos endA endPos
    rad grow thresh bright contrast amt hue sat lum flip tx ty dpi fov prstMaterial extrusionH contourW z
    char startAt fontScale lnSpcReduction wR hR stAng swAng lim
    useA"""
)
# Elements with a name that Word and Excel often take from the file of a picture. Screen readers read only the
# description aloud, so the name is replaced.
NAMED = ("pic:cNvPr", "wp:docPr", "wps:cNvPr", "wpg:cNvPr", "xdr:cNvPr")
# {(element, attribute): value that replaces the value}, as in Rules.
FIXED = {(element, "name"): "Drawing" for element in NAMED} | {
    (f"a:{element}", "name"): "Theme" for element in ("theme", "clrScheme", "fontScheme", "fmtScheme")
}
# The kinds of graphics that stay: pictures, shapes and groups.
URI = full_match(
    r"http://schemas\.openxmlformats\.org/drawingml/2006/picture"
    r"|http://schemas\.microsoft\.com/office/word/2010/wordprocessing(Shape|Group)"
)
# {(element, attribute): test of the value}, as in Rules.
EXACT = (
    {(element, key): is_not_path for element in NAMED for key in ("descr", "title")}
    | {
        (f"a:{element}", "typeface"): is_not_path
        for element in ("latin", "ea", "cs", "sym", "font", "buFont")
    }
    # A bullet is one character, rarely more.
    | {("a:graphicData", "uri"): URI, ("a:buChar", "char"): full_match(r".{0,3}")}
    # Ids of relationships, which the Filter replaces. Linked pictures (r:link) and sounds of clicks are left
    # out.
    | {("a:blip", "r:embed"): any_value, ("a:hlinkClick", "r:id"): any_value}
)
REFUSED = {
    "c:chart": Reason.CANNOT_CLEAN,
    "a:videoFile": Reason.CANNOT_CLEAN,
    "a:audioFile": Reason.CANNOT_CLEAN,
}
# Elements that both formats skip with their content.
EXTENSIONS = qualified_names("a", "extLst extraClrSchemeLst objectDefaults custClrLst") | qualified_names(
    "pic", "extLst"
)
