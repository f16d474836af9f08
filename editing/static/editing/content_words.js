/* Counts the words of a page's body. Wagtail counts all of <main>, with the links to share a story and to others. */
document.addEventListener("w-preview:load", ({ target }) => {
  const preview = window.wagtail.app.getControllerForElementAndIdentifier(target, "w-preview");
  // A page without a body, such as a list, is counted as Wagtail does.
  preview.contentExtractorOptions = { targetElement: "#main .prose, #main:not(:has(.prose))" };
});
