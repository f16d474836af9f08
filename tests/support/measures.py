"""JavaScript that the browser tests run in pages: the functions of measures.js, by their names."""

import re
from pathlib import Path

# The largest sum of layout shifts while a page arrives from a server. A part may end within a text, which
# then moves to the next line as the rest of it arrives: an item of the menu does so by 0.009 on a phone.
MAX_SHIFT = 0.02
SOURCE = Path(__file__).with_suffix(".js").read_text()
globals().update(re.findall(r"^const (\w+) = (.+?);\n$", SOURCE, re.MULTILINE | re.DOTALL))
