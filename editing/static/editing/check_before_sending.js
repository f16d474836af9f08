/* Has the browser check a form with a file, or in a dialog, before it is sent. If the server refuses a form, its file is
   lost. The browser also moves focus to the field that is missing, which Wagtail does not. */
document.addEventListener("click", ({ target }) => {
  const form = target.closest("button[type=submit], input[type=submit]")?.form;
  // Wagtail turns off the browser's own check of its forms.
  if (form?.matches(".modal form, :has(input[type=file]:required)")) form.noValidate = false;
}, true);
