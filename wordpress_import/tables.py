"""Converts HTML tables to the value of a table block."""


def read_table(converter, element):
    """Return the value of a table block for `element`, a <table>, or None if the block can't show it.

    `converter`: the Converter, which reads the cells.
    """
    rows = list(element.iter("tr"))
    cells = [[cell for cell in row if cell.tag in {"td", "th"}] for row in rows]
    captions = [each for each in element if each.tag == "caption"]
    parts = [*captions, *(cell for row in cells for cell in row)]
    if element.find(".//table") is not None or any(map(is_special, parts)):
        return None
    if any(len(row) != len(cells[0]) for row in cells):
        return None
    texts = [[converter.collect(cell, gap=" ")[0] for cell in row] for row in cells]
    has_header = bool(cells) and (is_header(rows[0]) and len(rows) > 1)
    header = [cell.plain() for cell in texts.pop(0)] if has_header else [""] * (len(cells[0]) if cells else 0)
    # The type of each column: "link" is rich text, because one of the cells has a link.
    columns = [
        "link" if any(row[number].has_links for row in texts) else "text" for number in range(len(header))
    ]
    return {
        "caption": converter.collect(captions[0])[0].plain() if captions else "",
        "columns": [
            {"type": kind, "heading": heading} for kind, heading in zip(columns, header, strict=True)
        ],
        "rows": [
            {"values": [value(kind, cell) for kind, cell in zip(columns, row, strict=True)]} for row in texts
        ],
    }


def is_special(cell):
    """Return whether `cell`, or a caption, spans several cells, or contains what the block can't."""
    is_joined = any(cell.get(name, "1").strip() not in {"", "0", "1"} for name in ("colspan", "rowspan"))
    return is_joined or bool(cell.xpath(".//ul | .//ol | .//img | .//iframe | .//video"))


def is_header(row):
    """Return whether `row`, a <tr>, is a row of headings."""
    return row.getparent().tag == "thead" or all(cell.tag == "th" for cell in row)


def value(kind, runs):
    """Return the value of a cell with the text `runs`. `kind`: "text" or "link"."""
    if kind == "text":
        return runs.plain()
    return f"<p>{runs.html()}</p>" if runs.plain() else ""
