/* In the page editor: choosing a person answers "These people", and presets how the page names the person to what the
   person agreed to. "Ask them" asks the safeguarding team. Dialogs for a picture offer these people first. */
{
  const chosen = () => [...document.querySelectorAll("[id^=id_story_people-][id$=-contributor]")];
  const change = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));

  document.addEventListener("change", ({ target }) => {
    if (!target.value || !chosen().includes(target)) return;
    // Wagtail sends the event before it shows the line about the person, which ends with the name that is agreed.
    queueMicrotask(() => {
      const listed = document.querySelector("[name=people][value=listed]");
      listed.checked = true;
      change(listed);
      const naming = document.getElementById(target.id.replace(/contributor$/, "naming"));
      const line = document.querySelector(`#${target.id}-chooser [data-chooser-title]`).textContent.trim();
      const agreed = [...naming.options].find(({ text, value }) => value && line.endsWith(` · ${text}`));
      naming.value = agreed ? agreed.value : "";
      change(naming);
    });
  });

  document.addEventListener("click", async ({ target }) => {
    if (!target.matches("[data-ask]")) return;
    const headers = { [window.wagtailConfig.CSRF_HEADER_NAME]: window.wagtailConfig.CSRF_TOKEN };
    const response = await fetch(target.dataset.ask, { method: "POST", headers });
    if (response.ok) target.parentElement.textContent = await response.text();
  });

  window.jQuery(document).on("show.bs.modal", ({ target }) => {
    const keys = chosen().map(({ value }) => value);
    const people = target.querySelector("select[name$=people]");
    people?.prepend(...[...people.options].filter(({ value }) => keys.includes(value)));
  });
}
