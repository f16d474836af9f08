/* Offers to bring back what was deleted in a form, in its place and with its content: blocks, and rows of inline panels
   such as countries. Wagtail hides both, with a field that says that they are deleted. For blocks, this uses what
   Wagtail's StreamField keeps for itself: `children`, `inserters`, `deletedInput` and `toggleElement`. */
{
  const { deleted, undo } = document.currentScript.dataset;

  // Shows `text`, `name` and a button with `label` after the element `place`. The button calls `act`. Returns the line.
  function offer(place, text, label, name, act) {
    const line = document.createElement("p");
    line.className = "undo-deleting";
    const status = document.createElement("span");
    status.setAttribute("role", "status");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-small button-secondary";
    button.textContent = label;
    button.setAttribute("aria-label", `${label}: ${name}`);
    button.addEventListener("click", () => {
      line.remove();
      act();
    });
    line.append(status, button);
    place.after(line);
    // Screen readers say what changes in an element that is there.
    setTimeout(() => { status.textContent = `${text} ${name}`; });
    return line;
  }
  window.offer = offer; // for links_as_blocks.js

  function offerUndo(place, removed, name, restore) {
    const line = offer(place, deleted, undo, name, restore);
    const { activeElement } = document;
    const isLost = activeElement === document.body || removed.contains(activeElement);
    if (isLost) line.lastChild.focus({ preventScroll: true });
  }

  function restoreBlock(sequence, child, inserter) {
    const { children, inserters } = sequence;
    // The hidden elements have kept their place among the others, which may have been moved.
    const isBefore = ({ element }) => element.compareDocumentPosition(child.element) & Node.DOCUMENT_POSITION_FOLLOWING;
    const index = children.filter(isBefore).length;
    children.splice(index, 0, child);
    inserters.splice(index, 0, inserter);
    child.deletedInput.val("");
    window.jQuery([child.element, inserter.element]).finish().show().removeAttr("aria-hidden");
    children.forEach((each, place) => {
      each.setIndex(place);
      if (place > 0) each.enableMoveUp();
      else each.disableMoveUp();
      if (place < children.length - 1) each.enableMoveDown();
      else each.disableMoveDown();
    });
    inserters.forEach((each, place) => each.setIndex(place));
    sequence.blockCountChanged();
    child.toggleElement.focus();
  }

  for (const name of ["wagtail.blocks.ListBlock", "wagtail.blocks.StreamBlock"]) {
    const Definition = window.telepath?.constructors[name];
    if (!Definition) continue; // a form without blocks
    window.telepath.register(name, class extends Definition {
      render(...options) {
        const sequence = super.render(...options);
        const { deleteBlock } = sequence;
        sequence.deleteBlock = (index, how) => {
          const child = sequence.children[index];
          const inserter = sequence.inserters[index];
          deleteBlock.call(sequence, index, how);
          // Scripts delete without an animation, the button with it.
          if (!how?.animate) return;
          const label = [child.blockDef.meta.label, child.getTextLabel({ maxLength: 40 })].filter(Boolean).join(", ");
          offerUndo(child.element, child.element, label, () => restoreBlock(sequence, child, inserter));
        };
        return sequence;
      }
    });
  }

  document.addEventListener("w-formset:removed", ({ target: row, detail }) => {
    // Wagtail has two objects for a panel of chosen objects, and both fire the event.
    if ("offered" in row.dataset) return;
    row.dataset.offered = "";
    const title = row.querySelector("[data-chooser-title]") ?? row.querySelector("[data-panel-heading]");
    const field = `id_${row.id.replace("inline_child_", "")}-DELETE`;
    const restore = () => {
      document.getElementById(field).value = "";
      window.jQuery(row).removeClass("deleted").show();
      delete row.dataset.offered;
      // `false`: it gets no listeners. The panel of this row is elsewhere.
      const panel = new window.InlinePanel(detail, false);
      panel.updateOrderValues();
      panel.updateControlStates();
      document.getElementById(`${field}-button`).focus();
    };
    // Wagtail counts each element beside the row as a row.
    offerUndo(row.parentElement, row, title?.textContent.trim() ?? "", restore);
  });
}
