/* Has the browser check a form with a file before it is sent. If the server refuses the form, the file is lost. */
document.addEventListener("click", ({ target }) => {
  const form = target.closest("button[type=submit], input[type=submit]")?.form;
  // Wagtail turns off the browser's own check of its forms.
  if (form?.querySelector("input[type=file]:required")) form.noValidate = false;
}, true);
