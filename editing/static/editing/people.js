/* In the page editor: choosing a person answers "These people", and presets how the page names the person to what the
   person agreed to. "Ask them" asks the safeguarding team. Dialogs for a picture offer these people first. */
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
    if (response.ok) target.parentElement.textContent = await response.text();
  });

  // On a narrow screen, the side panel covers the field to which a link in it leads.
  document.addEventListener("click", ({ target }) => {
    const isNarrow = window.matchMedia("(max-width: 50em)").matches;
    if (isNarrow && target.closest("[data-form-side] a[href^='#panel-']"))
      document.querySelector("[data-form-side-close-button]").click();
  });

  // The options of the list `people` that are about the people of the story.
  const offered = (people) => [...people.options].filter(({ value }) => chosen().some((each) => each.value === value));

  window.jQuery(document).on("show.bs.modal", ({ target }) => {
    const people = target.querySelector("select[name$=people]");
    if (!people) return;
    people.prepend(...offered(people));
    for (const option of offered(people)) {
      const line = lineOf(chosen().find(({ value }) => value === option.value));
      option.text = line.slice(0, line.lastIndexOf(" – "));
    }
  });

  document.addEventListener("change", ({ target }) => {
    const people = target.closest("form")?.querySelector(".modal-body select[name$=people]");
    if (!people || !target.name.endsWith("shows") || target.value !== "person" || people.value) return;
    const found = offered(people);
    if (found.length === 1) found[0].selected = true;
  });
}
