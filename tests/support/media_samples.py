"""Pictures with planted metadata of every kind that their formats can have.

Each planted text has "Mark" in it. `find_planted` and `find_unexpected_metadata` look for it.
"""

import io
import json
import os
import struct
import subprocess
import zipfile

import pillow_heif
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.support import services

pillow_heif.register_heif_opener()

SUFFIXES = ["jpg", "png", "webp", "heic"]
RED, BLUE = (200, 30, 30), (30, 30, 200)
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="MarkXmp" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="14,41.5N"/></rdf:RDF></x:xmpmeta>'
)


def photo(width=600, height=400):
    """Return a picture that is red at the top and blue at the bottom."""
    image = Image.new("RGB", (width, height), BLUE)
    image.paste(RED, (0, 0, width, height // 2))
    return image


def is_near(colour, wanted):
    """Return whether two colours look alike, as those of a JPEG and of its original do."""
    return all(abs(one - other) < 12 for one, other in zip(colour[:3], wanted, strict=True))


def saved(image, picture_format, **options):
    """Return the bytes of `image` in Pillow's format `picture_format`."""
    output = io.BytesIO()
    image.save(output, picture_format, **options)
    return output.getvalue()


def picture_with_metadata(suffix, trailing=True):
    """Return the bytes of a picture with every kind of metadata of a `suffix` file.

    It is rotated by EXIF, except for HEIC. `trailing`: whether a ZIP file follows the picture.
    """
    image = photo().transpose(Image.Transpose.ROTATE_90)  # EXIF orientation 6 turns it back.
    planted = {"exif": exif(), "icc_profile": wide_profile()}
    if suffix == "jpg":
        data = with_iptc(saved(image, "JPEG", xmp=XMP, comment=b"MarkComment", **planted))
    elif suffix == "png":
        texts = PngInfo()
        texts.add_text("Comment", "MarkComment")
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        texts.add_text("Raw profile type iptc", f"\niptc\n{len(IPTC)}\n{IPTC.hex()}\n", zip=True)
        data = saved(image, "PNG", pnginfo=texts, **planted)
    elif suffix == "heic":
        data = saved(photo(), "HEIF", xmp=XMP, **planted | {"exif": exif(orientation=1)})
    else:
        data = saved(image, "WEBP", xmp=XMP, **planted)
    return data + (zipped() if trailing else b"")


# --- Planted metadata ----------------------------------------------------------------------------

# Types of the values in a TIFF directory, which EXIF consists of, and their sizes in bytes.
BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED = 1, 2, 3, 4, 5, 7
SIZES = {BYTE: 1, ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, UNDEFINED: 1}


def exif(orientation=6):
    """Return EXIF with maker, time, position, maker note, and a thumbnail with a comment.

    The numbers of the tags are those of the EXIF standard.
    """
    thumbnail = saved(photo(160, 120), "JPEG", comment=b"MarkThumbnail")
    where = struct.pack("<6I", 14, 1, 41, 1, 30, 1)  # 14° 41′ 30″, as three fractions
    # Offsets with enough room between them for the directories. "small" is the one of the thumbnail.
    places = {"main": 8, "camera": 300, "gps": 500, "small": 800, "thumbnail": 1000}
    main = [
        (0x010F, ASCII, b"MarkMaker\0"),
        (0x0112, SHORT, struct.pack("<H", orientation)),
        (0x013B, ASCII, b"MarkArtist\0"),
        (0x8769, LONG, struct.pack("<I", places["camera"])),
        (0x8825, LONG, struct.pack("<I", places["gps"])),
    ]
    note = b"MarkMakerNote with a serial number"
    camera = [(0x9003, ASCII, b"2024:05:06 07:08:09\0"), (0x927C, UNDEFINED, note)]
    gps = [(1, ASCII, b"N\0"), (2, RATIONAL, where), (3, ASCII, b"W\0"), (4, RATIONAL, where)]
    values = places["thumbnail"], len(thumbnail)
    small = [(0x0201 + n, LONG, struct.pack("<I", value)) for n, value in enumerate(values)]
    tiff = bytearray(places["thumbnail"]) + thumbnail
    tiff[:8] = b"II*\0" + struct.pack("<I", places["main"])
    for name, entries in {"main": main, "camera": camera, "gps": gps, "small": small}.items():
        following = places["small"] if name == "main" else 0
        written = directory(entries, places[name], following)
        tiff[places[name] : places[name] + len(written)] = written
    return b"Exif\0\0" + bytes(tiff)


def directory(entries, place, following):
    """Return a TIFF directory for the offset `place`, followed by the values that are too long for it."""
    table, values = struct.pack("<H", len(entries)), b""
    # After the number of entries (2 bytes), the entries, and the offset of the next directory (4 bytes).
    behind = place + 2 + 12 * len(entries) + 4
    for tag, kind, value in entries:
        table += struct.pack("<HHI", tag, kind, len(value) // SIZES[kind])
        if len(value) > 4:
            table += struct.pack("<I", behind + len(values))
            values += value + b"\0" * (len(value) % 2)
        else:
            table += value.ljust(4, b"\0")
    return table + struct.pack("<I", following) + values


TEXTS = (80, b"MarkByline"), (120, b"MarkCaption")
IPTC = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text for number, text in TEXTS)


def with_iptc(jpeg):
    """Return the bytes of the JPEG `jpeg` with IPTC in a segment of Photoshop."""
    block = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(IPTC)) + IPTC + b"\0" * (len(IPTC) % 2)
    segment = b"Photoshop 3.0\0" + block
    place = 4 + int.from_bytes(jpeg[4:6])  # After the first segment, that of JFIF.
    return jpeg[:place] + b"\xff\xed" + struct.pack(">H", len(segment) + 2) + segment + jpeg[place:]


def zipped():
    """Return a ZIP file. A picture followed by it is a file of both formats."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as archive:
        archive.writestr("MarkZip.txt", "MarkHidden")
    return output.getvalue()


def wide_profile():
    """Return an ICC colour profile with the primaries of Display P3, a date and texts.

    It has a head of 128 bytes, the number of tags, a table of tags (12 bytes each), and their values.
    """

    def xyz(*numbers):
        return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    words = b"MarkProfile\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(words)) + words + bytes(78),
        b"cprt": b"text\0\0\0\0MarkCopyright\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2920, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1571, 0.0666, 0.7841),
    }
    # The tone curve of each colour: gamma 0x0233 / 256, which is 2.2.
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv\x00\x00\x00\x00\x00\x00\x00\x01\x023\x00\x00")
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += struct.pack(">4sII", name, 132 + 12 * len(tags) + len(body), len(value))
        body += value + b"\0" * (-len(value) % 4)
    head = b"MARK\x04\0\0\0mntrRGB XYZ " + struct.pack(">6H", 2024, 5, 6, 7, 8, 9) + b"acspMARK"
    white = struct.pack(">3i", 63190, 65536, 54061)  # D50, in parts of 65536
    head += bytes(4) + b"MARKMARK" + bytes(12) + white + b"MARK"
    data = head.ljust(124, b"\0") + table + body
    return struct.pack(">I", len(data) + 4) + data


# --- Finding metadata ----------------------------------------------------------------------------

# Tags, and groups of tags, that exiftool finds in every picture of a format. Pictures in AVIF have the groups
# "QuickTime" and "Meta".
HARMLESS = {
    "ExifTool": "ExifToolVersion",
    "File": "FileType FileTypeExtension MIMEType ImageWidth ImageHeight EncodingProcess BitsPerSample "
    "ColorComponents YCbCrSubSampling",
    "JFIF": "JFIFVersion ResolutionUnit XResolution YResolution",
    "PNG": "ImageWidth ImageHeight BitDepth ColorType Compression Filter Interlace",
}
HARMLESS = {f"{group}:{name}" for group, names in HARMLESS.items() for name in names.split()}
HARMLESS_GROUPS = {"SourceFile", "System", "Composite", "RIFF", "QuickTime", "Meta"}


def find_planted(data):
    """Return the planted words, and signatures of EXIF and ZIP files, that are in the bytes `data`."""
    return [mark for mark in (b"Mark", b"MARK", b"PK\x03\x04", b"PK\x05\x06", b"Exif") if mark in data]


def read_metadata(*paths):
    """Return a list of what exiftool finds in the files at `paths`: {"group:tag": value}."""
    command = [services.exiftool(), "-json", "-a", "-G1", "-s", *map(str, paths)]
    return json.loads(subprocess.run(command, capture_output=True, check=False).stdout)


def find_unexpected_metadata(*paths):
    """Return (tag, value) of all metadata in the files at `paths` that a cleaned picture must not have."""
    found = []
    for tags in read_metadata(*paths):
        for tag, value in tags.items():
            group = tag.partition(":")[0]
            if (tag not in HARMLESS and group not in HARMLESS_GROUPS) or "GPS" in tag:
                found.append((tag, value))
    return found


def make_older(folder):
    """Let the files in `folder` be two hours old, so that the sweep of files takes them."""
    for path in folder.rglob("*"):
        os.utime(path, (path.stat().st_mtime - 7200,) * 2)
