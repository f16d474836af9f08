/* In the page editor: when another picture is chosen, its description replaces the alternative text beside it.
   A text that somebody wrote is shown in a message, after `note`, the words for it. */
{
  const { note } = document.currentScript.dataset;

  document.addEventListener("change", ({ target }) => {
    // The lead picture of a page has fields of its own. In a block, the ids of the fields differ in their end.
    const isLead = target.id === "id_lead_image";
    if (!isLead && !target.id.endsWith("-image")) return;
    const find = (name) => document.getElementById(isLead ? `id_lead_image_${name}` : target.id.replace(/image$/, name));
    const picture = document.getElementById(`${target.id}-chooser`)?.querySelector("[data-chooser-image]");
    const alt = find(isLead ? "alt" : "alt_text");
    const decorative = find("decorative");
    if (!picture || !alt) return;
    // Wagtail sends the event before it shows the new picture. A removed picture stays in the page, hidden.
    const before = picture.getAttribute("src");
    const description = picture.dataset.defaultAltText;
    queueMicrotask(() => {
      if (!target.value || picture.getAttribute("src") === before) return;
      // The first picture: in a block, Wagtail itself fills in the text (it also sends the event when a block opens);
      // beside a lead picture, a text that was written before stays.
      if (!before && (alt.value || !isLead)) return;
      const words = alt.value;
      alt.value = picture.dataset.defaultAltText ?? "";
      if (decorative.checked) decorative.click();
      alt.dispatchEvent(new Event("input", { bubbles: true }));
      alt.dispatchEvent(new Event("change", { bubbles: true }));
      if (!words || words === description || words === alt.value) return;
      document.dispatchEvent(new CustomEvent("w-messages:add", {
        detail: { clear: true, text: `${note} ${words}`, type: "warning" },
      }));
    });
  });
}
