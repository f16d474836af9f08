"""The outlines of the pieces of paper in the demo's pictures (stories/demo/pictures.py).

Each function returns an outline: a list of points (x, y). Coordinates and lengths are pixels of the finished
picture, from its top left corner; angles are degrees.
"""

import math
import random

# Size of the finished pictures in pixels.
WIDTH, HEIGHT = 1600, 1000


def cut(*stops):
    """A polygon with straight sides through the stops."""
    return list(stops)


def box(left, top, right, bottom, corner=0):
    """An upright rectangle; `corner` is the radius of its corners."""
    if not corner:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    left, top, right, bottom = left + corner, top + corner, right - corner, bottom - corner
    turns = ((right, bottom, 0), (left, bottom, 90), (left, top, 180), (right, top, 270))
    return [point for x, y, turn in turns for point in oval(x, y, corner, corner, turn, turn + 90)]


def oval(x, y, across, down=None, start=0, end=360):
    """An ellipse with radii `across` and `down`, or its arc from `start` clockwise to `end`; 0 is right."""
    down = across if down is None else down
    turns = [math.radians(start + (end - start) * step / 60) for step in range(61)]
    return [(x + across * math.cos(turn), y + down * math.sin(turn)) for turn in turns]


def ring(x, y, across, down, width):
    """An ellipse with a hole: a band of `width` inside it."""
    return oval(x, y, across, down) + oval(x, y, across - width, down - width)[::-1]


def curve(*stops):
    """A smooth line through the stops (a Catmull-Rom spline).

    Where a stop is None, a straight line joins the stop before it to the one after it. If these are the same,
    there is a corner.
    """
    if None in stops:
        gap = stops.index(None)
        return curve(*stops[:gap]) + curve(*stops[gap + 1 :])
    ends = [stops[0], *stops, stops[-1]]
    line = []
    for four in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for t in (step / 16 for step in range(16)):
            # The spline's weights of the four stops around t, times two.
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3)
            weights += (t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            axes = zip(*four, strict=True)
            line.append(tuple(math.sumprod(weights, axis) / 2 for axis in axes))
    return [*line, stops[-1]]


def land(*stops):
    """The ground below a skyline through the stops, across the whole picture."""
    return [(-20, HEIGHT + 20), *curve(*stops), (WIDTH + 20, HEIGHT + 20)]


def ribbon(start, end, *stops):
    """A band along a curve, such as a road, with the width `start` at one end and `end` at the other."""
    line = curve(*stops)
    left, right = [], []
    for index, (x, y) in enumerate(line):
        (x0, y0), (x1, y1) = line[max(index - 1, 0)], line[min(index + 1, len(line) - 1)]
        half = (start + (end - start) * index / (len(line) - 1)) / 2
        half /= math.hypot(x1 - x0, y1 - y0)
        left.append((x - (y1 - y0) * half, y + (x1 - x0) * half))
        right.append((x + (y1 - y0) * half, y - (x1 - x0) * half))
    return left + right[::-1]


def blob(x, y, size, seed, flat=0.8):
    """An uneven round shape, such as a stone. `seed` chooses its form; `flat` is its height by width."""
    rng = random.Random(seed)
    turns = [math.tau * step / 9 for step in range(9)]
    reach = [size * rng.uniform(0.86, 1.12) for _ in turns]
    stops = [
        (x + math.cos(turn) * r, y + math.sin(turn) * r * flat) for turn, r in zip(turns, reach, strict=True)
    ]
    # Without the first part (16 points) and the last one (17 with its end). They only bend the curve where it
    # closes.
    return curve(stops[-1], *stops, *stops[:2])[16:-17]


def leaf(x, y, angle, length, width):
    """A pointed leaf that starts at (x, y), with one side flatter. The angle 0 points to the right, 90 up.

    `width`: how far the rounder side reaches.
    """
    steps = [step / 12 for step in range(13)]
    rounder = [(x + length * t, y + width * math.sin(math.pi * t**0.8)) for t in steps]
    flatter = [(a, y - (b - y) * 0.6) for a, b in reversed(rounder)]
    return rotate(rounder + flatter, x, y, -angle)


def rotate(outline, x, y, angle):
    """Return the outline rotated clockwise about (x, y)."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return [(x + (a - x) * cos - (b - y) * sin, y + (a - x) * sin + (b - y) * cos) for a, b in outline]


# The functions that a scene can name, by that name.
OUTLINES = {shape.__name__: shape for shape in (blob, box, curve, cut, land, leaf, oval, ribbon, ring)}
