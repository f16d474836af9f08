/* Checks a form with a new file before it is sent: the answer to an incomplete form can't keep the chosen file. */
document.addEventListener("click", ({ target }) => {
  const form = target.closest("button[type=submit], input[type=submit]")?.form;
  // Wagtail turns off the browser's own check of its forms.
  if (form?.querySelector("input[type=file]:required")) form.noValidate = false;
}, true);
