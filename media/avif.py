"""Reads how large the pictures in an AVIF file really are.

Its head may claim less: the decoder makes all that is coded, and only then shrinks it to what was
claimed. Files are ISO/IEC 14496-12 and 23008-12 (boxes and items), with AV1 in their items.
"""

import math


def coded_pixels(data):
    """Return the pixels of the largest picture that is coded in the AVIF `data`.

    Raises ValueError, and others, when that can't be told: of films, tiles, and broken files.
    """
    places, pictures = {}, []
    for name, content in boxes(data):
        if name == b"moov":
            raise ValueError("a film")
        if name == b"meta":
            parts = list(boxes(content[4:]))
            for kind, part in parts:
                if kind == b"iloc":
                    places |= dict(item_places(part))
                if kind == b"iinf":
                    pictures += items_with_pictures(part)
    return max(pixels_in(b"".join(data[a:b] for a, b in places[item])) for item in pictures)


def boxes(data):
    """Yield the name and the content of each box in `data`."""
    place = 0
    while place < len(data):
        size, start = int.from_bytes(data[place : place + 4]), 8
        if size == 1:
            size, start = int.from_bytes(data[place + 8 : place + 16]), 16
        size = size or len(data) - place
        if size < start:
            raise ValueError("a broken box")
        yield data[place + 4 : place + 8], data[place + start : place + size]
        place += size


def item_places(box):
    """Yield the number of each item, and the places in the file where it starts and ends, in parts."""
    read = Reader(box).number
    version = read(8)
    read(24)
    offset_bits, length_bits, base_bits, index_bits = (8 * read(4) for _ in range(4))
    for _item in range(read(32 if version == 2 else 16)):
        item = read(32 if version == 2 else 16)
        if version and read(16) & 15:
            raise ValueError("an item inside a box")
        read(16)
        base, parts = read(base_bits), []
        for _part in range(read(16)):
            read(index_bits if version else 0)
            start = base + read(offset_bits)
            parts.append((start, start + read(length_bits)))
        yield item, parts


def items_with_pictures(box):
    """Return the numbers of the items that are AV1."""
    numbers = []
    for _name, entry in boxes(box[8 if box[0] else 6 :]):
        long = 2 if entry[0] == 3 else 0
        kind = entry[8 + long : 12 + long]
        if kind == b"grid":
            raise ValueError("tiles")
        if kind == b"av01":
            numbers.append(int.from_bytes(entry[4 : 6 + long]))
    return numbers


def pixels_in(coded):
    """Return the pixels that the AV1 picture `coded` may have, by the largest of its sequence headers."""
    sizes, reader = [], Reader(coded)
    read = reader.number
    while reader.place < 8 * len(coded):
        read(1)
        kind, extended, sized = read(4), read(1), read(1)
        read(9 if extended else 1)
        length = reader.leb128() if sized else len(coded) - reader.place // 8
        end = reader.place + 8 * length
        if kind == 1:
            sizes.append(size_in_header(read))
        reader.place = end
    return max(sizes)


def size_in_header(read):
    """Return the pixels that a sequence header (AV1, 5.5.1) allows for; `read` reads it."""
    read(4)
    short = read(1)
    if short:
        read(5)
    else:
        if read(1):
            raise ValueError("a time for each frame, so a film")
        delays = read(1)
        for _layer in range(read(5) + 1):
            read(12)
            if read(5) > 7:
                read(1)
            if delays and read(1):
                read(4)
    bits = read(4) + 1, read(4) + 1
    # With a long header, a frame may have any size that these bits can say.
    sides = (read(each) + 1 if short else 1 << each for each in bits)
    return math.prod(sides)


class Reader:
    """Reads numbers of any bits, the highest first."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def number(self, bits):
        start, self.place = self.place, self.place + bits
        if self.place > 8 * len(self.data):
            raise ValueError("too short")
        cut = self.data[start // 8 : (self.place + 7) // 8]
        return int.from_bytes(cut) >> (-self.place % 8) & (1 << bits) - 1

    def leb128(self):
        """Read a number whose bytes begin with whether another one follows, the lowest first."""
        value = 0
        for shift in range(0, 56, 7):
            more, part = self.number(1), self.number(7)
            value |= part << shift
            if not more:
                break
        return value
