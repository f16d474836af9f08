"""Draws the demo's pictures as paper cut-outs. They show places and things only, so that no person is shown.

Each file in scenes/ describes one picture. A line is a piece of paper, or a motif that this file draws, from
the farthest to the nearest:

    low     teal+sky.5 teal  turn=7,800,500 : box -20 470 1620 1020 ; oval 560 300 74
    palm    1400 960 580 -110 leaf

A piece of paper begins with a key of SHADOWS: how far it is above what lies below it. Then come its colour,
or the colours of its top and its bottom, options (turn=angle,x,y rotates it about a point, alpha=0..1 is its
opacity), and after the colon its outlines: a key of OUTLINES with the arguments of its function in
outlines.py; ` ; ` is between two outlines. The colour `teal+sky.3` is teal mixed with 0.3 of sky. A motif is
a key of MOTIFS, followed by the arguments of its function. `backdrop` sets the colours of the background.
What follows a `#` is a comment.

An argument is a number, a point `x,y`, a colour, or `/`. There, a straight line joins two points of a curve.
If they are the same, the curve has a corner. Coordinates are pixels of the finished picture. It is drawn
SCALE times larger and reduced at the end, for smooth edges.
"""

import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from stories.demo.outlines import HEIGHT, OUTLINES, WIDTH, blob, box, curve, cut, leaf, oval, ribbon, rotate

SCENES = Path(__file__).parent / "scenes"

# How many times larger than the finished picture it is drawn. Tests draw it smaller.
SCALE = 2
# Name of a colour: its RGB value.
PALETTE = {
    "ink": (44, 49, 74),
    "dusk": (92, 90, 126),
    "lilac": (160, 140, 190),
    "clay": (168, 80, 58),
    "terra": (214, 132, 94),
    "rose": (238, 188, 165),
    "gold": (233, 172, 72),
    "sand": (238, 208, 160),
    "cream": (253, 243, 224),
    "leaf": (70, 103, 82),
    "moss": (143, 166, 120),
    "teal": (58, 120, 128),
    "sky": (176, 208, 208),
}
# How far a piece of paper is above what lies below it: the opacity of its shadow.
SHADOWS = {"flat": 0.0, "low": 0.15, "mid": 0.25, "high": 0.4}


def draw(name):
    """Return the picture `name` as an RGB image of WIDTH by HEIGHT."""
    return draw_scaled(name).reduce(SCALE)


def draw_scaled(name):
    """Return the picture `name` as draw() does, but SCALE times larger."""
    for line in (SCENES / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        kind, *arguments = words
        if kind == "backdrop":
            sheet = Sheet([parse_argument(word) for word in arguments])
        elif kind in SHADOWS:
            lay_paper(sheet, SHADOWS[kind], arguments)
        else:
            MOTIFS[kind](sheet, *[parse_argument(word) for word in arguments])
    return sheet.image


def lay_paper(sheet, shadow, words):
    """Lay the piece of paper that one line of a scene describes on `sheet`; `words` follow its kind."""
    look, _, shapes = " ".join(words).partition(" : ")
    options = dict(word.split("=") for word in look.split() if "=" in word)
    colours = [parse_colour(word) for word in look.split() if "=" not in word]
    outlines = []
    for shape in shapes.split(" ; "):
        kind, *numbers = shape.split()
        outlines.append(OUTLINES[kind](*[parse_argument(number) for number in numbers]))
    if "turn" in options:
        angle, x, y = map(float, options["turn"].split(","))
        outlines = [rotate(outline, x, y, angle) for outline in outlines]
    sheet.lay(colours, *outlines, shadow=shadow, alpha=float(options.get("alpha", 1)))


def parse_argument(word):
    """Return the value of a word: a number, a point (x, y), a colour, or None for "/"."""
    if word == "/":
        return None
    if word[0].isalpha():
        return parse_colour(word)
    numbers = tuple(map(float, word.split(",")))
    return numbers if len(numbers) > 1 else numbers[0]


def parse_colour(word):
    """Return the RGB value of a word like "teal" or "teal+sky.5"."""
    first, *others = word.split("+")
    mixed = PALETTE[first]
    for other in others:
        name, _, share = other.partition(".")
        mixed = mix(mixed, PALETTE[name], float(f"0.{share}"))
    return mixed


def mix(first, second, share):
    """Return the colour that lies `share` of the way from the first to the second."""
    return tuple(round(a + (b - a) * share) for a, b in zip(first, second, strict=True))


class Sheet:
    """A picture that is being drawn: pieces of paper on a background, which is shaded from top to bottom."""

    def __init__(self, colours):
        strip = Image.new("RGB", (1, len(colours)))
        strip.putdata(colours)
        self.image = strip.resize(scaled(WIDTH, HEIGHT), Image.Resampling.BICUBIC)

    def lay(self, colours, *outlines, shadow=0.0, alpha=1.0):
        """Draw one piece of paper, shaded from its first colour at the top to its last at the bottom."""
        mask, (left, top) = self._mask(outlines)
        if shadow:
            # Reduced, because a small mask is blurred faster.
            soft = mask.reduce(8).filter(ImageFilter.GaussianBlur(4))
            soft = soft.point(lambda value: value * shadow).resize(mask.size)
            self.image.paste(PALETTE["ink"], (left, top + round(7 * SCALE)), soft)
        edges = mask.getbbox()
        mask = mask.crop(edges).point(lambda value: value * alpha)
        high, low = (Image.new("RGB", mask.size, end) for end in (colours[0], colours[-1]))
        shaded = Image.composite(low, high, Image.linear_gradient("L").resize(mask.size))
        self.image.paste(shaded, (left + edges[0], top + edges[1]), mask)

    @staticmethod
    def _mask(outlines):
        """Return a mask of the outlines, with a margin for the shadow, and the position of its top left."""
        margin = 40
        xs, ys = zip(*[point for outline in outlines for point in outline], strict=True)
        left, top = (max(int(min(axis)) - margin, -margin) for axis in (xs, ys))
        right, bottom = min(int(max(xs)), WIDTH) + margin, min(int(max(ys)), HEIGHT) + margin
        mask = Image.new("L", scaled(right - left, bottom - top))
        pen = ImageDraw.Draw(mask)
        for outline in outlines:
            pen.polygon([((x - left) * SCALE, (y - top) * SCALE) for x, y in outline], fill=255)
        return mask, scaled(left, top)


def scaled(*lengths):
    return tuple(round(length * SCALE) for length in lengths)


# Motifs: what several scenes show, or what has too many parts for a scene file.


def glow(sheet, x, y, reach, strength, tone):
    """Soft light around a point, in the colour `tone`. At 70% of the distance `reach` there is none left."""
    light = ImageOps.invert(Image.radial_gradient("L"))
    # From 1 in the middle (255) down to 0 (75 and less), then times the opacity `strength`.
    light = light.point(lambda value: (max(value - 75, 0) / 180) ** 2 * 255 * strength)
    size = scaled(reach * 2, reach * 2)
    sheet.image.paste(tone, scaled(x - reach, y - reach), light.resize(size))


def sun(sheet, x, y, size, halo=PALETTE["cream"]):
    """A disc with the radius `size`, in a glow of the colour `halo`."""
    glow(sheet, x, y, size * 7, 0.9, halo)
    sheet.lay([PALETTE["cream"]], oval(x, y, size))


def cloud(sheet, x, y, size, alpha):
    """A cloud with a flat base at `y`. `size`: about half of its width; `alpha`: its opacity."""
    # The place on the base and the radius of each half circle, as shares of `size`.
    puffs = ((-0.6, 0.26), (-0.2, 0.42), (0.28, 0.34), (0.66, 0.2))
    rounds = [oval(x + at * size, y, r * size, r * size, 180, 360) for at, r in puffs]
    sheet.lay([PALETTE["cream"]], *rounds, alpha=alpha)


def glints(sheet, x, y, rows, spread):
    """Reflections on water in `rows` from `y` down, wider towards the front. `spread`: about their width."""
    for n in range(int(rows)):
        width = spread * (0.35 + n * 0.13) * (1, 0.7, 0.9)[n % 3]
        shape = oval(x + (0, 14, -18)[n % 3], y + n * (16 + n * 2), width, 2.5 + n * 0.4)
        sheet.lay([PALETTE["cream"]], shape, alpha=0.75 - n * 0.05)


def scatter(sheet, count, left, top, right, bottom, smallest, largest, flat, alpha, tone):
    """`count` small ellipses at random places in a rectangle: stars, petals, spots of light.

    `smallest`, `largest`: limits of their horizontal radius; `flat`: their height by their width.
    """
    rng = random.Random(count + left + top)  # with a seed, so that a scene always looks the same
    spots = [
        (rng.uniform(left, right), rng.uniform(top, bottom), rng.uniform(smallest, largest))
        for _ in range(int(count))
    ]
    sheet.lay([tone], *[oval(x, y, size, size * flat) for x, y, size in spots], alpha=alpha)


def crown(sheet, x, y, across, down, size, count, *tones):
    """A treetop around (x, y), in layers of one tone each, from the back to the front.

    `across`, `down`: how far from the centre the `count` blobs of a layer may be; `size`: that of a blob.
    """
    rng = random.Random(x + across)  # as in scatter()
    for depth, tone in enumerate(tones):
        rounds = []
        for _ in range(int(count)):
            a, b = rng.triangular(-across, across), rng.triangular(-down, down)
            at = (x + a - depth * size * 0.2, y + b - depth * size * 0.35)
            rounds.append(blob(*at, size * rng.uniform(0.8, 1.15) * (1 - depth * 0.17), a))
        sheet.lay([tone], *rounds, shadow=0.17)


def tree(sheet, x, y, size, *tones):
    """A tree whose trunk starts at (x, y) and is `size` high, with a crown of the colours `tones`."""
    bark = mix(PALETTE["clay"], PALETTE["ink"], 0.55)
    stem = ((x, y), (x - size * 0.03, y - size * 0.5), (x, y - size))
    sheet.lay([bark], ribbon(size * 0.16, size * 0.06, *stem))
    crown(sheet, x, y - size * 1.02, size * 0.75, size * 0.36, size * 0.4, 6, *tones)


def palm(sheet, x, y, height, lean, tone):
    """A palm that starts at (x, y). `lean`: how far its top is to the right."""
    bark = [mix(PALETTE["clay"], PALETTE[end], share) for end, share in (("dusk", 0.35), ("ink", 0.6))]
    stem = ((x, y), (x + lean * 0.25, y - height * 0.5), (x + lean, y - height))
    sheet.lay(bark, ribbon(height * 0.075, height * 0.035, *stem))
    # How far each frond reaches to the right, how high it rises on the way, and how far down its tip hangs.
    fronds = ((0.95, -0.05, 0.5), (-0.95, 0.0, 0.52), (0.7, -0.2, 0.75), (-0.66, -0.2, 0.78))
    fronds += ((1.0, -0.3, 0.12), (-1.0, -0.32, 0.15), (0.72, -0.5, -0.16), (-0.7, -0.52, -0.1))
    x, y, reach = x + lean, y - height, height * 0.52
    for n, (across, rise, drop) in enumerate(fronds):
        tip = (x + across * reach, y + drop * reach)
        over = (x + across * reach * 0.6, y + (rise + drop * 0.22 - 0.12) * reach)
        under = (x + across * reach * 0.5, y + (rise + drop * 0.28 + 0.1) * reach)
        shape = curve((x, y - 6), over, tip, None, tip, under, (x, y + 8))
        sheet.lay([mix(tone, PALETTE["moss"], (0, 0.2, 0.5)[n % 3])], shape, shadow=0.1)


def sprout(sheet, x, y, height):
    """A young plant with four leaves, that starts at (x, y)."""
    green, pale = PALETTE["leaf"], PALETTE["moss"]
    stem = ((x, y), (x + height * 0.05, y - height * 0.6), (x, y - height))
    sheet.lay([green], ribbon(height * 0.07, height * 0.04, *stem))
    for angle, low, tone in (
        (32, 0.45, pale),
        (148, 0.45, green),
        (68, 0.95, pale),
        (112, 0.95, pale),
    ):
        sheet.lay([tone], leaf(x, y - height * low, angle, height * 0.6, height * 0.14), shadow=0.1)


def plant(sheet, x, y):
    """A plant in a pot, which stands at (x, y)."""
    for n, angle in enumerate((150, 35, 120, 62, 92)):
        tone = mix(PALETTE["leaf"], PALETTE["moss"], n % 3 / 2)
        sheet.lay([tone], leaf(x, y - 130, angle, 210 + n * 14, 36), shadow=0.15)
    teal, dark, rim = PALETTE["teal"], parse_colour("teal+ink.3"), parse_colour("teal+sky.3")
    sheet.lay([PALETTE["ink"]], oval(x, y, 90, 12), alpha=0.3)
    pot = cut((x - 84, y - 150), (x + 84, y - 150), (x + 62, y), (x - 62, y))
    sheet.lay([teal, dark], pot, shadow=0.3)
    sheet.lay([rim], box(x - 92, y - 162, x + 92, y - 130, 8), shadow=0.25)


# The height (y) of the middle of the circle of chairs in banyan-circle.txt.
CIRCLE_MIDDLE = 815


def chair(sheet, x, y, size, tone):
    """An empty chair that stands at (x, y) and faces the middle of a circle, at the height CIRCLE_MIDDLE.

    `size`: 1 for a chair that is 150 pixels high.
    """

    def part(left, top, right, bottom, corner=0):
        edges = (x + left * size, y + top * size, x + right * size, y + bottom * size)
        return box(*edges, corner * size)

    legs = ((-36, -60, -29, 0), (29, -60, 36, 0), (-26, -60, -20, -8), (20, -60, 26, -8))
    sheet.lay([PALETTE["ink"]], oval(x, y + 4, 52 * size, 9 * size), alpha=0.22)
    sheet.lay([mix(tone, PALETTE["ink"], 0.3)], *[part(*leg) for leg in legs])
    seat = [part(-42, -70, 42, -54, 6)]
    back = [part(-38, -150, 38, -98, 10), part(-34, -110, -27, -60), part(27, -110, 34, -60)]
    is_seen_from_behind = y > CIRCLE_MIDDLE
    for shapes in (seat, back) if is_seen_from_behind else (back, seat):
        sheet.lay([mix(tone, PALETTE["cream"], 0.15), tone], *shapes, shadow=0.25)


# The functions that a scene can name, by that name.
MOTIFS = {
    motif.__name__: motif
    for motif in (chair, cloud, crown, glints, glow, palm, plant, scatter, sprout, sun, tree)
}
