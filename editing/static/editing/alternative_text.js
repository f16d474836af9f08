/* The alternative text belongs to its picture: another picture brings its own, from its description. */
{
  const { note } = document.currentScript.dataset;

  document.addEventListener("change", ({ target }) => {
    const isLead = target.id === "id_lead_image";
    if (!isLead && !target.id?.endsWith("-image")) return;
    const find = (name) => document.getElementById(isLead ? `id_lead_image_${name}` : target.id.replace(/image$/, name));
    const picture = document.getElementById(`${target.id}-chooser`)?.querySelector("[data-chooser-image]");
    const alt = find(isLead ? "alt" : "alt_text");
    const decorative = find("decorative");
    if (!picture || !alt) return;
    // Wagtail tells of the change before it shows the new picture. A removed one stays in its place, hidden.
    const before = picture.getAttribute("src");
    const description = picture.dataset.defaultAltText;
    queueMicrotask(() => {
      if (!target.value || picture.getAttribute("src") === before) return;
      // Wagtail itself fills in the text of the first picture of a block, and tells of a change when a block opens.
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
