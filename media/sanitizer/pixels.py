"""Removes the colours of pixels that are too transparent to be seen."""

# Alpha below which a pixel becomes fully transparent, of 255. A soft eraser leaves such pixels behind: nobody
# sees them on a page, but a program makes the erased face visible again.
MIN_ALPHA = 16


def remove_hidden_colours(image):
    """Return the RGBA `image` without the colours that transparency hides.

    Pixels below MIN_ALPHA become transparent black. The others keep no finer colour than their alpha shows.
    """
    alpha = image.getchannel("A").point(lambda value: value if value >= MIN_ALPHA else 0)
    image.putalpha(alpha)
    # In the mode RGBa, colours are multiplied by their alpha, and so rounded.
    return image.convert("RGBa").convert("RGBA")
