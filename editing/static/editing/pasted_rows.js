/* Keeps the rows of a table apart that is pasted into rich text, which has no tables: each becomes a paragraph. */
document.addEventListener("paste", (event) => {
  const html = event.clipboardData?.getData("text/html") ?? "";
  // The Table block takes tables itself: stories/table_block.js.
  const isText = event.target.closest?.(".Draftail-Editor") && !event.target.closest(".typed-table-block");
  if (!isText || !/<table/i.test(html)) return;
  const { body } = new DOMParser().parseFromString(html, "text/html");
  // "<table" may be in a comment or an attribute only. This also ends the event for the text that is pasted below.
  if (!body.querySelector("table")) return;
  event.preventDefault();
  event.stopImmediatePropagation();

  for (let table; (table = body.querySelector("table:not(:has(table))"));) {
    const lines = [...table.rows].map((row) => {
      const line = document.createElement("p");
      line.textContent = [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, " ").trim()).join(" | ");
      return line;
    });
    table.replaceWith(...lines);
  }
  const clipboardData = new DataTransfer();
  clipboardData.setData("text/html", body.innerHTML);
  clipboardData.setData("text/plain", event.clipboardData.getData("text/plain"));
  event.target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}, true);
