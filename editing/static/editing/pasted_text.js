/* Changes pasted tables and headings to what rich text fields can hold: each row of a table becomes a paragraph, and
   headings get the level 2, 3 or 4. */
document.addEventListener("paste", (event) => {
  const html = event.clipboardData?.getData("text/html") ?? "";
  // The Table block takes tables itself: stories/table_block.js.
  const isText = event.target.closest?.(".Draftail-Editor") && !event.target.closest(".typed-table-block");
  // A quick look, before the text is parsed. Rich text can hold h2, h3 and h4 as they are.
  if (!isText || !/<(table|h[156])/i.test(html)) return;
  const { body } = new DOMParser().parseFromString(html, "text/html");
  // The tags may be in a comment or an attribute only, also in the event that is sent below: it must not be changed
  // again and again.
  if (!body.querySelector("table, h1, h5, h6")) return;
  event.preventDefault();
  event.stopImmediatePropagation();

  // Inner tables first.
  for (let table; (table = body.querySelector("table:not(:has(table))"));) {
    const lines = [...table.rows].map((row) => {
      const line = document.createElement("p");
      line.textContent = [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, " ").trim()).join(" | ");
      return line;
    });
    table.replaceWith(...lines);
  }
  // Level 1 is for the title of the page, so a pasted h1 becomes h2, and the others move down with it.
  const shift = body.querySelector("h1") ? 1 : 0;
  for (const heading of body.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const level = Math.min(Number(heading.localName[1]) + shift, 4);
    const allowed = document.createElement(`h${level}`);
    allowed.append(...heading.childNodes);
    heading.replaceWith(allowed);
  }
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", body.innerHTML);
  clipboardData.setData("text/plain", event.clipboardData.getData("text/plain"));
  event.target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}, true);
