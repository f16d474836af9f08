"""Clipboards as programs fill them: the files in clipboards/, with pictures that are 60, 61, 62 wide."""

from base64 import b64encode
from pathlib import Path

from tests.support.builders import picture_bytes

FOLDER = Path(__file__).with_suffix("")
TYPES = {"htm": "text/html", "rtf": "text/rtf"}


def read_clipboard(program, rtf=True):
    """Return {type: text} of what `program` puts into the clipboard; without RTF if `rtf` is false."""
    files = {TYPES[path.suffix[1:]]: path.read_text() for path in FOLDER.glob(f"{program}.*")}
    for number, picture_format in enumerate(["PNG", "JPEG", "PNG"]):
        picture = picture_bytes(60 + number, 40, picture_format)
        for name, text in [("HEX", picture.hex("\n", 64)), ("BASE64", b64encode(picture).decode())]:
            files = {each: content.replace(f"{name}{number}", text) for each, content in files.items()}
    decoy = picture_bytes(9, 9).hex()
    texts = {each: content.replace("DECOY", decoy) for each, content in files.items()}
    return texts if rtf else {"text/html": texts["text/html"]}
