/* In the page editor: puts the cursor into the field with the attribute "autofocus". The browser itself looks for it
   before the tab with the field is shown. */
window.addEventListener("load", () => {
  if (document.activeElement === document.body) document.querySelector("[data-edit-form] [autofocus]")?.focus();
});
