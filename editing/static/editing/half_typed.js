/* Says beside a date, time or number that it is half typed, and keeps its form from being sent. An autosave saves the
   rest of the form. A browser sends an empty value for such a field, and Wagtail turns off the browser's own check of
   its forms. */
{
  const { note, discarded } = document.currentScript.dataset;
  const saved = new WeakMap(); // what each field held at the last autosave

  const findHalfTyped = (form) => [...form.elements].filter(({ validity }) => validity.badInput);

  function say(field) {
    const said = field.nextElementSibling?.matches("[data-half-typed]") && field.nextElementSibling;
    if (Boolean(said) === field.validity.badInput) return;
    if (said) {
      said.remove();
      field.removeAttribute("aria-invalid");
      return;
    }
    const text = document.createElement("p");
    text.className = "error-message";
    text.dataset.halfTyped = "";
    text.role = "alert";
    text.textContent = note;
    // With it, Wagtail sees a change of the form when the field is complete or empty, and autosaves that.
    const mark = document.createElement("input");
    Object.assign(mark, { type: "hidden", name: "half_typed", value: field.name });
    text.append(mark);
    field.after(text);
    field.setAttribute("aria-invalid", "true");
  }

  document.addEventListener("focusout", ({ target }) => { if (target.validity) say(target); });
  document.addEventListener("input", ({ target }) => {
    if (target.validity && !target.validity.badInput) say(target);
  });

  // Unfolds the panels and blocks around `field`, so that it can get the focus.
  function show(field) {
    for (let panel = field.closest("[data-panel]"); panel; panel = panel.parentElement.closest("[data-panel]")) {
      const toggle = panel.querySelector("[data-panel-toggle]");
      if (toggle?.getAttribute("aria-expanded") === "false") toggle.click();
    }
    field.scrollIntoView({ block: "center" });
    field.focus();
  }

  // Wagtail acts on the click too: it disables the button, and opens the dialog of a decision.
  function stop(event) {
    const pressed = event.target.closest("button, input");
    const form = event.type === "submit" ? event.target : pressed?.type === "submit" && pressed.form;
    const fields = form ? findHalfTyped(form) : [];
    if (!fields.length) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    fields.forEach(say);
    show(fields[0]);
  }
  document.addEventListener("click", stop, { capture: true });
  document.addEventListener("submit", stop, { capture: true });

  document.addEventListener("w-autosave:save", ({ target, detail }) => {
    const fields = findHalfTyped(target);
    for (const field of fields) detail.formData.set(field.name, saved.get(field) ?? field.defaultValue);
    for (const field of target.elements) if (!fields.includes(field)) saved.set(field, field.value);
  });

  // Closing the dialog of the schedule discards what was typed there. Wagtail doesn't see that a field is half typed.
  document.addEventListener("w-dialog:hidden", ({ target }) => {
    if (!target.validity) return;
    if (target.validity.badInput || target.value !== target.defaultValue) {
      const detail = { clear: true, text: discarded, type: "warning" };
      document.dispatchEvent(new CustomEvent("w-messages:add", { detail }));
    }
    if (target.validity.badInput) target.value = target.defaultValue;
    say(target);
  }, { capture: true });

  window.addEventListener("beforeunload", (event) => {
    if ([...document.forms].some((form) => form.method === "post" && findHalfTyped(form).length)) event.preventDefault();
  });
}
