/* Several pictures at once: asks whom they show before they are sent, and before the user leaves while some are
   not in the library. */
window.jQuery(() => {
  const { jQuery } = window;
  const shows = document.getElementById("id_shows");
  const waiting = document.getElementById("pictures-waiting");
  let files = [];

  // The questions stand above the form of Wagtail, and name it.
  const input = document.getElementById("fileupload");
  input.form.id = "upload-form";
  input.setAttribute("aria-label", input.previousElementSibling.textContent);

  jQuery("#fileupload").on("fileuploadchange fileuploaddrop", (event, { files: chosen }) => {
    if (shows.value) return;
    event.preventDefault();
    files.push(...chosen);
    waiting.querySelector("[data-names]").textContent = files.map(({ name }) => name).join(", ");
    waiting.hidden = false;
    shows.focus();
  });

  waiting.querySelector("button").addEventListener("click", () => {
    if (!shows.reportValidity()) return;
    waiting.hidden = true;
    jQuery("#fileupload").fileupload("add", { files });
    files = [];
  });

  window.addEventListener("beforeunload", (event) => {
    if (files.length || document.querySelector("#upload-list [data-not-stored]")) event.preventDefault();
  });
});
