"""The keys that may stay in each kind of dictionary and stream of a PDF, and what their values must be.

A rule is `Key:values`. Values are alternatives, divided by "|": the kinds of this file, the scalars of
pdf.py, "*kind" for an array without the items that are of another kind, "#kind" for an array in which
these become null, "&kind" for an array of pairs, "{kind" for a dictionary of such values under any key.
ISO 32000-2 lists all keys. What is not here is left out of the file.
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
    "page": f"Type:name Parent:known {RESOURCES} MediaBox:*number CropBox:*number BleedBox:*number "
    "TrimBox:*number ArtBox:*number Rotate:number Contents:known Group:group Annots:*link "
    "StructParents:number Tabs:name UserUnit:number",
    "group": "Type:name S:name CS:colour I:bool K:bool",
    "link": "Type:name Subtype:name Rect:*number Border:*number|numbers QuadPoints:*number "
    "Dest:destination|label|words A:action H:name C:*number F:number StructParent:number",
    "action": "Type:name S:name D:destination|label|words URI:address",
    "target": "D:destination",
    "resources": "Font:{font XObject:{image|form ColorSpace:{colour Pattern:{tiling|pattern "
    "Shading:{shading|mesh ExtGState:{state Properties:{layer|membership|property",
    "font": "Type:name Subtype:name Name:label BaseFont:label FirstChar:number LastChar:number "
    "Widths:*number FontDescriptor:descriptor Encoding:label|encoding|cmap ToUnicode:label|cmap "
    "DescendantFonts:*font CIDSystemInfo:system DW:number W:*number|numbers DW2:*number "
    "W2:*number|numbers CIDToGIDMap:name|data FontMatrix:*number FontBBox:*number CharProcs:{glyph "
    f"{RESOURCES}",
    "encoding": "Type:name BaseEncoding:name Differences:*number|label",
    "system": "Registry:words Ordering:words Supplement:number",
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
    "CS:label|*label|number|words ColorSpace:label|*label|number|words F:name|*name Filter:name|*name "
    "DP:decoding|*decoding DecodeParms:decoding|*decoding D:*number Decode:*number I:bool Interpolate:bool "
    "IM:bool ImageMask:bool",
    "calibrated": "WhitePoint:*number BlackPoint:*number Gamma:number|*number Matrix:*number Range:*number",
    # Words that a screen reader says, and the layers that a reader can switch on and off.
    "property": "MCID:number Lang:lang Alt:description ActualText:words E:words Type:name Subtype:name "
    "BBox:*number Attached:*name",
    "marked": "Marked:bool",
    "layers": "OCGs:*layer D:configuration",
    "configuration": "BaseState:name ON:*known OFF:*known",
    "layer": "Type:name Name:anonymous",
    "membership": "Type:name OCGs:layer|*layer P:name",
    # Ways through the document.
    "outline": "Title:words Parent:outline First:outline Last:outline Next:outline Prev:outline Count:number "
    "Dest:destination|label|words A:action C:*number F:number",
    "names": "Dests:name_tree",
    "name_tree": "Kids:*name_tree Names:&destination|target Limits:*words",
    "labels": "Kids:*labels Nums:&label_range Limits:*number",
    "label_range": "Type:name S:name P:words St:number",
    # The structure that screen readers follow.
    "tree": "Type:name K:element|*element RoleMap:{label IDTree:id_tree ParentTree:parent_tree "
    "ParentTreeNextKey:number",
    "element": "Type:name S:label P:known Pg:page_of_file K:element|content|number|*element|content|number "
    "A:attribute|*attribute|number ID:id Lang:lang Alt:description ActualText:words E:words",
    "content": "Type:name Pg:page_of_file MCID:number Obj:known",
    "attribute": "O:name Scope:name ColSpan:number RowSpan:number Headers:*id ListNumbering:name "
    "Placement:name WritingMode:name BBox:*number Width:number|name Height:number|name TextAlign:name "
    "BlockAlign:name InlineAlign:name StartIndent:number EndIndent:number TextIndent:number "
    "SpaceBefore:number SpaceAfter:number LineHeight:number|name",
    "id_tree": "Kids:*id_tree Names:&known Limits:*id",
    "parent_tree": "Kids:*parent_tree Nums:&known|parents Limits:*number",
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
ARRAYS = {"numbers": "*number|numbers", "parents": "#known"}

# What a value may be that ISO 32000 takes from a list.
NAMES = """
    Catalog Pages Page Group Transparency Annot Link Border Action GoTo URI Font Type0 Type1 MMType1 Type3
    TrueType CIDFontType0 CIDFontType2 CIDFontType0C Type1C OpenType FontDescriptor Encoding CMap XObject
    Image Form Pattern ExtGState Mask OCG OCMD Outlines StructTreeRoot StructElem MCR OBJR PageLabel
    Pagination Layout Artifact Header Footer Watermark Background
    SinglePage OneColumn TwoColumnLeft TwoColumnRight TwoPageLeft TwoPageRight UseNone UseOutlines UseThumbs
    FullScreen UseOC ON OFF Unchanged AllOn AnyOn AnyOff AllOff
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


def parsed(kinds):
    """Return {kind: {"/Key": alternatives}} of the rules in `kinds`."""
    return {
        kind: {
            f"/{key}": alternatives(values)
            for key, _colon, values in (r.partition(":") for r in rules.split())
        }
        for kind, rules in kinds.items()
    }


def alternatives(values):
    """Return (sign, kinds) for each alternative in `values`; a sign goes for all kinds that follow it."""
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


STANDARD_NAMES = frozenset(NAMES.split())
