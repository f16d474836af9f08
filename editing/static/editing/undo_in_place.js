/* Keeps undo and redo in the field that has the focus. Chromium has one list of changes for all fields of a page, so
   it can change a field which is not in sight. */
{
  const OPPOSITES = { historyUndo: "redo", historyRedo: "undo" };
  let focused = null;

  document.addEventListener("beforeinput", ({ inputType }) => {
    if (inputType in OPPOSITES) focused = document.activeElement;
  }, true);
  document.addEventListener("input", ({ inputType, target }) => {
    const place = focused;
    if (!(inputType in OPPOSITES) || !place || place.contains(target)) return;
    focused = null; // The next line fires the event again.
    document.execCommand(OPPOSITES[inputType]);
    place.focus();
  }, true);
}
