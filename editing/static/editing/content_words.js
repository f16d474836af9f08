/* Has the page editor's checks count the words of a page's body only. Wagtail counts all of <main>, with the links
   to share a story and to other stories. */
document.addEventListener("w-preview:load", ({ target }) => {
  const preview = window.wagtail.app.getControllerForElementAndIdentifier(target, "w-preview");
  // A page without a body, such as a list, is counted as Wagtail does.
  preview.contentExtractorOptions = { targetElement: "#main .prose, #main:not(:has(.prose))" };
});
