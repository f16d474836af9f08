/* The Table block takes a table from the clipboard: cells of Word or Excel fill its grid. */
{
  // Wagtail's block, which this one extends.
  const NAME = "wagtail.contrib.typed_table_block.blocks.TypedTableBlock";
  // The type of the columns that a table gets for pasted cells: TableBlock in stories/blocks.py has the types.
  const NEW_COLUMN = "text";
  // Each cell is a field of the form, which may have 10,000 (DATA_UPLOAD_MAX_NUMBER_FIELDS). A page may have
  // several tables.
  const MAX_CELLS = 2000;

  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  /* Return the texts of the cells of a table as a list of rows. A merged cell has its text in its first place. */
  const readTable = (table) => {
    const rows = [...table.rows].map(() => []);
    for (const [index, row] of [...table.rows].entries()) {
      for (const cell of row.cells) {
        let place = 0;
        while (rows[index][place] !== undefined) place += 1; // taken by a merged cell
        for (const line of rows.slice(index, index + cell.rowSpan)) {
          for (let across = 0; across < cell.colSpan; across += 1) line[place + across] = "";
        }
        rows[index][place] = words(cell);
      }
    }
    return rows;
  };

  /* Return the cells of the first table in the clipboard as a list of rows; [] if it has no table. */
  const readCells = (clipboard) => {
    const table = window.parseClipboard(clipboard.getData("text/html")).querySelector("table");
    if (table) return readTable(table);
    const text = clipboard.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    return text.includes("\t") ? text.split("\n").map((line) => line.split("\t").map((cell) => cell.trim())) : [];
  };

  /* Return the place of `target` in the table. Row -1 has the headings. */
  const findPlace = (table, target) => {
    const heading = table.columns.findIndex((column) => column.headingInput === target);
    if (heading >= 0) return { row: -1, column: heading };
    const row = [...table.tbody.children].findIndex((line) => line.contains(target));
    // - 1: the first <td> of a row has only its buttons.
    const cell = row >= 0 ? [...table.tbody.children[row].children].findIndex((each) => each.contains(target)) - 1 : -1;
    if (cell >= 0 && cell < table.columns.length) return { row, column: cell };
    // In the caption or a button: the cells become a new table with headings, or rows at the end of the table.
    return { row: table.columns.length ? table.rows.length : -1, column: 0 };
  };

  const setCell = (table, row, column, text) => {
    const block = table.rows[row].blocks[column];
    // A column of the type "link" has rich text, an EditorState of Draft.js. The other types take text.
    const isRich = table.columns[column].blockDef.name === "link";
    const line = { key: "pasted", text, type: "unstyled", depth: 0, inlineStyleRanges: [], entityRanges: [], data: {} };
    block.setState(isRich ? window.Draftail.createEditorStateFromRaw({ blocks: [line], entityMap: {} }) : text);
  };

  // Returns the width and the height of the table, headings included, with `cells` put in at `place`.
  const measure = (table, cells, place) => ({
    width: cells.reduce((widest, row) => Math.max(widest, place.column + row.length), table.columns.length),
    height: Math.max(table.rows.length, place.row + cells.length) + 1,
  });

  // Puts `cells` into the table at `place`, and returns a function that takes them out again.
  const fill = (table, cells, place, width) => {
    const { columns: { length: columns }, rows: { length: rows }, captionInput: { value: caption } } = table;
    const steps = [];
    while (table.columns.length < width) {
      table.insertColumn(table.columns.length, table.childBlockDefsByName[NEW_COLUMN]);
    }
    cells.forEach((row, down) => row.forEach((text, across) => {
      const [line, column] = [place.row + down, place.column + across];
      if (line < 0) {
        const { headingInput: heading } = table.columns[column];
        const { value } = heading;
        steps.push(() => { heading.value = value; });
        heading.value = text;
        return;
      }
      while (table.rows.length <= line) table.insertRow(table.rows.length);
      const block = table.rows[line].blocks[column];
      const state = block.getState();
      steps.push(() => block.setState(state));
      setCell(table, line, column, text);
    }));
    return () => {
      for (const step of steps) step();
      while (table.rows.length > rows) table.deleteRow(rows);
      while (table.columns.length > columns) table.deleteColumn(columns);
      table.setCaption(caption); // Wagtail empties it with the last column.
    };
  };

  // Autosave and the warning about unsaved changes listen for this event.
  const tellChange = (table) => table.captionInput.dispatchEvent(new Event("change", { bubbles: true }));

  // The content of the table as a text. Rich text, an EditorState of Draft.js, is in the form only a moment later.
  const read = (table) => JSON.stringify(
    [table.getState(), table.captionInput.value],
    (_key, value) => value?.getCurrentContent?.().getPlainText() ?? value,
  );

  /* Undoes the last paste. What was typed since then is undone by the browser, before. `pastes`: the content of the
     table after each paste, with the function that takes the paste back. */
  const undo = (table, pastes, event) => {
    const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "z";
    const last = pastes.at(-1);
    if (!isUndo || !last || last.content !== read(table)) return;
    event.preventDefault();
    event.stopPropagation();
    pastes.pop().takeBack();
    if (!table.container[0].contains(document.activeElement)) table.captionInput.focus();
    tellChange(table);
  };

  const paste = (table, pastes, event) => {
    const cells = readCells(event.clipboardData);
    // No table, or a single cell: the browser pastes it as usual.
    if (cells.length < 2 && (cells[0]?.length ?? 0) < 2) return;
    event.preventDefault();
    event.stopPropagation();
    const place = findPlace(table, event.target);
    const { width, height } = measure(table, cells, place);
    if (width * height > MAX_CELLS) {
      const text = table.blockDef.meta.strings.TOO_LARGE;
      document.dispatchEvent(new CustomEvent("w-messages:add", { detail: { clear: true, text, type: "warning" } }));
      return;
    }
    const takeBack = fill(table, cells, place, width);
    pastes.push({ takeBack, content: read(table) });
    tellChange(table);
  };

  window.telepath.register("stories.table_block.PastableTableBlock", class extends window.telepath.constructors[NAME] {
    render(...options) {
      const table = super.render(...options);
      const pastes = [];
      // `true`: before the rich text editor of a cell, which would take the words of all cells as one text.
      table.container[0].addEventListener("paste", (event) => paste(table, pastes, event), true);
      table.container[0].addEventListener("keydown", (event) => undo(table, pastes, event), true);
      return table;
    }
  });
}
