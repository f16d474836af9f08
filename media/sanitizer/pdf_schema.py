"""The allow-list for dictionaries and streams of a PDF: the keys of each kind, and their possible values.

A rule is `Key:values`. Values are alternatives, divided by "|". An alternative is a kind of this file, a key
of SCALARS in pdf_values.py, or one of these with a sign: "*kind" is an array, from which items of other
kinds are removed; "#kind" is an array in which such items become null; "&kind" is an array of pairs of a key
and a value; "{kind" is a dictionary with such values under any key. A sign also holds for the alternatives
that follow it.

ISO 32000-2 lists all keys. Those that are not here are left out of the file.
"""

RESOURCES = "Resources:resources"
STRUCTURE = "StructParent:number StructParents:number OC:layer|membership"
FORM = (
    f"Type:name Subtype:name FormType:number BBox:*number Matrix:*number Group:group {RESOURCES} {STRUCTURE}"
)
FUNCTION = (
    "FunctionType:number Domain:*number Range:*number Size:*number BitsPerSample:number Order:number "
    "Encode:*number Decode:*number C0:*number C1:*number N:number Functions:*function|sampled "
    "Bounds:*number"
)
FUNCTIONS = "function|sampled|*function|sampled"
SHADING = (
    "ShadingType:number ColorSpace:colour Background:*number BBox:*number AntiAlias:bool Domain:*number "
    f"Matrix:*number Function:{FUNCTIONS} Coords:*number Extend:*bool BitsPerCoordinate:number "
    "BitsPerComponent:number BitsPerFlag:number Decode:*number VerticesPerRow:number"
)

DICTIONARIES = {
    "catalog": "Type:name Pages:pages Lang:lang MarkInfo:marked PageLayout:name PageMode:name "
    "OCProperties:layers Outlines:outline Dests:{destination PageLabels:labels Names:names "
    "StructTreeRoot:tree",
    "pages": "Type:name Kids:*page Count:number",
    "page": f"Type:name Parent:reached {RESOURCES} MediaBox:*number CropBox:*number BleedBox:*number "
    "TrimBox:*number ArtBox:*number Rotate:number Contents:reached Group:group Annots:*link "
    "StructParents:number Tabs:name UserUnit:number",
    "group": "Type:name S:name CS:colour I:bool K:bool",
    "link": "Type:name Subtype:name Rect:*number Border:*number|numbers QuadPoints:*number "
    "Dest:destination|label|text A:action H:name C:*number F:number StructParent:number",
    "action": "Type:name S:name D:destination|label|text URI:address",
    "target": "D:destination",
    "resources": "Font:{font XObject:{image|form ColorSpace:{colour Pattern:{tiling|pattern "
    "Shading:{shading|mesh ExtGState:{state Properties:{layer|membership|property",
    "font": "Type:name Subtype:name Name:label BaseFont:label FirstChar:number LastChar:number "
    "Widths:*number FontDescriptor:descriptor Encoding:label|encoding|cmap ToUnicode:label|cmap "
    "DescendantFonts:*font CIDSystemInfo:system DW:number W:*number|numbers DW2:*number "
    "W2:*number|numbers CIDToGIDMap:name|data FontMatrix:*number FontBBox:*number CharProcs:{glyph "
    f"{RESOURCES}",
    "encoding": "Type:name BaseEncoding:name Differences:*number|label",
    "system": "Registry:text Ordering:text Supplement:number",
    "descriptor": "Type:name FontName:label FontStretch:name FontWeight:number Flags:number "
    "FontBBox:*number ItalicAngle:number Ascent:number Descent:number Leading:number CapHeight:number "
    "XHeight:number StemV:number StemH:number AvgWidth:number MaxWidth:number MissingWidth:number "
    "FontFile:program FontFile2:program FontFile3:program CIDSet:data",
    "pattern": "Type:name PatternType:number Shading:shading|mesh Matrix:*number ExtGState:state",
    "shading": SHADING,
    "function": FUNCTION,
    "state": "Type:name LW:number LC:number LJ:number ML:number D:*numbers|number RI:name OP:bool op:bool "
    "OPM:number Font:*font|number FL:number SM:number SA:bool BM:name|*name SMask:name|mask CA:number "
    "ca:number AIS:bool TK:bool",
    "mask": f"Type:name S:name G:form BC:*number TR:name|{FUNCTIONS}",
    "decoding": "Predictor:number Colors:number BitsPerComponent:number Columns:number EarlyChange:number "
    "K:number EndOfLine:bool EncodedByteAlign:bool Rows:number EndOfBlock:bool BlackIs1:bool "
    "DamagedRowsBeforeError:number ColorTransform:number JBIG2Globals:data",
    "inline": "W:number Width:number H:number Height:number BPC:number BitsPerComponent:number "
    "CS:label|*label|number|text ColorSpace:label|*label|number|text F:name|*name Filter:name|*name "
    "DP:decoding|*decoding DecodeParms:decoding|*decoding D:*number Decode:*number I:bool Interpolate:bool "
    "IM:bool ImageMask:bool",
    "calibrated": "WhitePoint:*number BlackPoint:*number Gamma:number|*number Matrix:*number Range:*number",
    # Text that a screen reader says, and the layers that a reader can switch on and off.
    "property": "MCID:number Lang:lang Alt:description ActualText:description E:description Type:name "
    "Subtype:name BBox:*number Attached:*name",
    "marked": "Marked:bool",
    "layers": "OCGs:*layer D:configuration",
    "configuration": "BaseState:name ON:*reached OFF:*reached",
    "layer": "Type:name Name:anonymous",
    "membership": "Type:name OCGs:layer|*layer P:name",
    # Navigation: bookmarks, named destinations and page labels.
    "outline": "Title:title Parent:outline First:outline Last:outline Next:outline Prev:outline Count:number "
    "Dest:destination|label|text A:action C:*number F:number",
    "names": "Dests:name_tree",
    "name_tree": "Kids:*name_tree Names:&destination|target Limits:*text",
    "labels": "Kids:*labels Nums:&label_range Limits:*number",
    "label_range": "Type:name S:name P:text St:number",
    # The structure that screen readers follow.
    "tree": "Type:name K:element|*element RoleMap:{label IDTree:id_tree ParentTree:parent_tree "
    "ParentTreeNextKey:number",
    "element": "Type:name S:label P:reached Pg:page_of_file K:element|content|number|*element|content|number "
    "A:attribute|*attribute|number ID:id Lang:lang Alt:description ActualText:description E:description",
    "content": "Type:name Pg:page_of_file MCID:number Obj:reached Stm:reached",
    "attribute": "O:name Scope:name ColSpan:number RowSpan:number Headers:*id ListNumbering:name "
    "Placement:name WritingMode:name BBox:*number Width:number|name Height:number|name TextAlign:name "
    "BlockAlign:name InlineAlign:name StartIndent:number EndIndent:number TextIndent:number "
    "SpaceBefore:number SpaceAfter:number LineHeight:number|name",
    "id_tree": "Kids:*id_tree Names:&reached Limits:*id",
    "parent_tree": "Kids:*parent_tree Nums:&reached|parents Limits:*number",
}  # fmt: skip
STREAMS = {
    "form": FORM,
    "image": "Type:name Subtype:name Width:number Height:number ColorSpace:colour BitsPerComponent:number "
    "Intent:name ImageMask:bool Mask:image|*number Decode:*number Interpolate:bool SMask:image "
    f"SMaskInData:number Matte:*number {STRUCTURE}",
    "tiling": "Type:name PatternType:number PaintType:number TilingType:number BBox:*number XStep:number "
    f"YStep:number Matrix:*number {RESOURCES}",
    "glyph": "",
    "cmap": "Type:name CMapName:label CIDSystemInfo:system WMode:number UseCMap:name",
    "program": "Subtype:name Length1:number Length2:number Length3:number",
    "data": "",
    "sampled": FUNCTION,
    "mesh": SHADING,
}
# Kinds that are arrays.
ARRAYS = {"numbers": "*number|numbers", "parents": "#reached"}

# All names that are values of the kind "name": ISO 32000-2 defines them. FullScreen is left out, which would
# let a document fill the screen when it is opened.
NAMES = """
    Catalog Pages Page Group Transparency Annot Link Border Action GoTo URI Font Type0 Type1 MMType1 Type3
    TrueType CIDFontType0 CIDFontType2 CIDFontType0C Type1C OpenType FontDescriptor Encoding CMap XObject
    Image Form Pattern ExtGState Mask OCG OCMD Outlines StructTreeRoot StructElem MCR OBJR PageLabel
    Pagination Layout Artifact Header Footer Watermark Background
    SinglePage OneColumn TwoColumnLeft TwoColumnRight TwoPageLeft TwoPageRight UseNone UseOutlines UseThumbs
    UseOC ON OFF Unchanged AllOn AnyOn AnyOff AllOff
    DeviceGray DeviceRGB DeviceCMYK CalGray CalRGB Lab ICCBased Indexed Separation DeviceN G RGB CMYK I
    AbsoluteColorimetric RelativeColorimetric Saturation Perceptual Luminosity Alpha None Identity Default
    Normal Compatible Multiply Screen Overlay Darken Lighten ColorDodge ColorBurn HardLight SoftLight
    Difference Exclusion Hue Color
    WinAnsiEncoding MacRomanEncoding MacExpertEncoding StandardEncoding PDFDocEncoding
    UltraCondensed ExtraCondensed Condensed SemiCondensed SemiExpanded Expanded ExtraExpanded UltraExpanded
    N O P S R C D A a r Top Bottom Left Right Row Column Both Block Inline Before Start Center End Justify
    Middle After Auto LrTb RlTb TbRl Table List Disc Circle Square Decimal UpperRoman LowerRoman UpperAlpha
    LowerAlpha FlateDecode CCITTFaxDecode Fl CCF AHx A85 LZW RL ASCIIHexDecode ASCII85Decode LZWDecode
    RunLengthDecode
"""
STANDARD_NAMES = frozenset(NAMES.split())


def parse_rules(rules):
    """Return {"/Key": alternatives} for `rules`, the rules of a kind as text."""
    pairs = (rule.split(":") for rule in rules.split())
    return {f"/{key}": parse_alternatives(values) for key, values in pairs}


def parse_alternatives(values):
    """Return the alternatives in the text `values` as pairs (sign, kinds).

    The sign is "" for a single kind. A sign holds for all kinds that follow it: "*a|b" is ("*", ("a", "b")).
    """
    found, sign = [], ""
    for value in values.split("|"):
        if value[0] in "*#&{":
            sign = value[0]
            found.append((sign, (value[1:],)))
        elif sign:
            found[-1] = (sign, (*found[-1][1], value))
        else:
            found.append(("", (value,)))
    return tuple(found)
