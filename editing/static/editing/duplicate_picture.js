/* Keeps the tab "Upload" of the dialog for pictures alive after an upload of a picture that the library has already.
   Wagtail then replaces the content of the tab with a question, which is no panel for its tabs. */
document.addEventListener("DOMContentLoaded", () => {
  const handlers = window.IMAGE_CHOOSER_MODAL_ONLOAD_HANDLERS;
  if (!handlers) return; // no chooser of pictures in this page
  const { duplicate_found: ask } = handlers;
  handlers.duplicate_found = (modal, answer) => {
    ask(modal, answer);
    modal.body[0].querySelector("#tab-upload").dataset.wTabsTarget = "panel";
  };
});
