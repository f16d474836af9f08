/* In the page editor: the title of a chosen document becomes the text of its link, unless there is a text already. */
document.addEventListener("change", ({ target }) => {
  if (!target.id.endsWith("-document")) return;
  const text = document.getElementById(target.id.replace(/document$/, "title"));
  const title = document.getElementById(`${target.id}-chooser`)?.querySelector("[data-chooser-title]");
  // Wagtail sends the event before it shows the title.
  queueMicrotask(() => {
    if (!target.value || !title || !text || text.value) return;
    text.value = title.textContent.trim().slice(0, text.maxLength);
    text.dispatchEvent(new Event("change", { bubbles: true }));
  });
});
