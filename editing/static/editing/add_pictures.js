/* The page that adds several pictures at once (editing/overrides/adding_pictures.py). Asks whom the pictures show before they
   are sent. Asks before the user leaves while some of them are not in the library. */
window.jQuery(() => {
  const { jQuery } = window;
  const shows = document.getElementById("id_shows");
  const waiting = document.getElementById("pictures-waiting");
  let files = []; // chosen, and not sent yet

  // The questions are outside of Wagtail's form. Their attribute form="upload-form" makes them a part of it.
  const input = document.getElementById("fileupload");
  input.form.id = "upload-form";
  // The input has no label. The words for it are on the button before it.
  input.setAttribute("aria-label", input.previousElementSibling.textContent);

  jQuery("#fileupload").on("fileuploadchange fileuploaddrop", (event, { files: chosen }) => {
    if (shows.value) return; // It is answered, so the plugin for uploads sends the files at once.
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
