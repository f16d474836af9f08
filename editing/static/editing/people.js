/* In the page editor: choosing a person answers "These people", and presets how the page names the person to what the
   person agreed to. A button asks the safeguarding team. Dialogs for a picture offer these people first. */
{
  const isTakenOut = ({ id }) => document.getElementById(id.replace(/contributor$/, "DELETE"))?.value;
  const chosen = () =>
    [...document.querySelectorAll("[id^=id_story_people-][id$=-contributor]")].filter((each) => !isTakenOut(each));
  const lineOf = ({ id }) => document.querySelector(`#${id}-chooser [data-chooser-title]`).textContent.trim();
  const change = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

  document.addEventListener("change", ({ target }) => {
    if (!target.value || !chosen().includes(target)) return;
    // Wagtail sends the event before it shows the line about the person, which ends with the name that is agreed.
    queueMicrotask(() => {
      const listed = document.querySelector("[name=people][value=listed]");
      listed.checked = true;
      change(listed);
      const naming = document.getElementById(target.id.replace(/contributor$/, "naming"));
      const agreed = [...naming.options].find(({ text, value }) => value && lineOf(target).endsWith(` · ${text}`));
      naming.value = agreed ? agreed.value : "";
      change(naming);
    });
  });

  document.addEventListener("click", async ({ target }) => {
    if (!target.matches("[data-ask]")) return;
    const headers = { [window.wagtailConfig.CSRF_HEADER_NAME]: window.wagtailConfig.CSRF_TOKEN };
    const response = await fetch(target.dataset.ask, { method: "POST", headers });
    if (!response.ok) return;
    const said = target.parentElement;
    said.textContent = await response.text();
    said.tabIndex = -1;
    said.focus();
  });

  // On a narrow screen, the side panel covers the field to which a link in it leads.
  document.addEventListener("click", ({ target }) => {
    const isNarrow = window.matchMedia("(max-width: 50em)").matches;
    if (isNarrow && target.closest("[data-form-side] a[href^='#panel-']"))
      document.querySelector("[data-form-side-close-button]").click();
  });

  // The checkboxes in `dialog`, in the form of a picture, for the people of the story.
  const offered = (dialog) =>
    [...dialog.querySelectorAll("[name$=people]")].filter(({ value }) => chosen().some((each) => each.value === value));

  let chooser;
  document.addEventListener("click", ({ target }) => {
    chooser = target.closest("[data-chooser-url]") ?? chooser;
  });

  window.jQuery(document).on("show.bs.modal", ({ target }) => {
    target.setAttribute("aria-label", target.querySelector("h1, h2")?.textContent.trim() ?? "");
    const rows = offered(target).map((box) => {
      const line = lineOf(chosen().find(({ value }) => value === box.value));
      box.nextSibling.textContent = ` ${line.slice(0, line.lastIndexOf(" – "))}`;
      return box.closest("label").parentElement;
    });
    rows[0]?.parentElement.prepend(...rows);
  });

  // After an error, or a file that is stored already, Wagtail replaces the form in the dialog, which had focus.
  window.jQuery(document).on("ajaxComplete", () => {
    const dialog = document.querySelector(".modal.in");
    if (!dialog || document.activeElement !== document.body) return;
    (dialog.querySelector("[aria-invalid], .duplicate-upload__actions a") ?? dialog).focus();
  });

  // Wagtail gives focus back to the button that opened the dialog, which is hidden once something is chosen.
  window.jQuery(document).on("hidden.bs.modal", () => {
    if (document.activeElement === document.body) chooser?.querySelector(".chosen button")?.focus();
  });

  document.addEventListener("change", ({ target }) => {
    const dialog = target.closest(".modal-body");
    if (!dialog || !target.name.endsWith("shows") || target.value !== "person") return;
    const found = offered(dialog);
    if (found.length === 1 && !dialog.querySelector("[name$=people]:checked")) found[0].checked = true;
  });
}
