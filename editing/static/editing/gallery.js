/* Adds a button to galleries (the block "Pictures") that adds several pictures at once, chosen in the library or
   uploaded. A new gallery opens the same dialog at once, to upload, and paste.js uploads files that are pasted or
   dropped in it. `texts`: words and addresses from editing/overrides/gallery.py. `collapsible` is a private name of
   Wagtail. */
{
  // The names of the fields in the dialog's form for an upload begin with it.
  const PREFIX = "image-chooser-upload-";
  const { blocks } = window.wagtailStreamField;

  // Says `text` and `names` at the top of the element `place`. Wagtail's messages are out of sight there.
  function tell(place, text, names = []) {
    const line = document.createElement("p");
    line.className = "help-block help-warning";
    line.setAttribute("role", "status");
    place.prepend(line);
    // Screen readers say what changes in an element that is there.
    setTimeout(() => { line.textContent = `${text} ${names.join(", ")}`; });
  }

  const isEmpty = ({ value: { image, caption } }) => !image.image && !image.alt_text && !caption;

  // Adds `pictures` to `list`, the ListBlock of a gallery, and removes its empty items, such as that of a new gallery.
  function addToGallery(list, pictures, texts) {
    for (let index = list.children.length - 1; index >= 0; index -= 1) {
      if (isEmpty(list.children[index].getState())) list.deleteBlock(index);
    }
    const { initialChildState: empty, meta: { maxNum } } = list.blockDef;
    const free = Math.max(0, maxNum - list.children.length);
    for (const picture of pictures.slice(0, free)) {
      const image = { ...empty.image, image: picture, alt_text: picture.default_alt_text };
      list.insert({ ...empty, image }, list.children.length);
    }
    if (pictures.length > free) tell(list.container[0], texts.tooMany, pictures.slice(free).map(({ title }) => title));
  }

  // Returns the key, a string, of the picture that is made from `file`. Throws an Error for the user if none is.
  async function send(file, form, texts) {
    const body = new FormData();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string") body.append(name.replace(PREFIX, ""), value);
    }
    // The name of the file without its ending. A title has up to 255 characters.
    body.append("title", file.name.replace(/\.[^.]+$/, "").slice(0, 255));
    body.append("files[]", file);
    const answer = await fetch(texts.addUrl, { method: "POST", body })
      .then((response) => response.json())
      .catch(() => ({ error_message: texts.notSent }));
    if (!answer.image_id) throw new Error(answer.error_message || texts.notSent);
    return `${answer.image_id}`;
  }

  // Sends the files of the dialog's form one by one, and adds the pictures made from them. If some are not added, the
  // dialog stays open and gives the reasons. `workflow`: Wagtail's object for an open dialog. `uploaded`: a Map
  // {key: file name} of the pictures that are in the library and not yet in the gallery.
  async function sendAll(workflow, form, texts, uploaded) {
    const input = form.elements[`${PREFIX}file`];
    const files = [...input.files];
    const refused = new DataTransfer();
    const reasons = [];
    const status = form.querySelector("[role=status]");
    for (const [index, file] of files.entries()) {
      status.textContent = `${texts.sent} ${index} / ${files.length}`;
      try {
        uploaded.set(await send(file, form, texts), file.name);
      } catch ({ message }) {
        refused.items.add(file);
        reasons.push(`${file.name}: ${message}`);
      }
    }
    // Files that were uploaded must not be uploaded again, even if the following steps fail.
    input.files = refused.files;
    if (uploaded.size) {
      const keys = [...uploaded.keys()];
      const query = new URLSearchParams([["multiple", 1], ...keys.map((key) => ["id", key])]);
      try {
        const { result } = await (await fetch(`${texts.chosenUrl}?${query}`)).json();
        uploaded.clear();
        workflow.respond("chosen", keys.map((key) => result.find(({ id }) => id === key)).filter(Boolean));
      } catch {
        reasons.push(`${[...uploaded.values()].join(", ")}: ${texts.notSent}`);
      }
    }
    // Without new files the form adds the pictures that are left.
    input.required = !uploaded.size;
    if (!reasons.length) {
      workflow.close();
      return;
    }
    status.textContent = `${texts.refused} ${reasons.join(" ")}`;
  }

  // Makes the dialog's form take several files. `files`: a FileList that the form begins with. With null instead, the
  // form is shown without files; with undefined, the library is shown.
  function takeSeveral(workflow, texts, files) {
    const form = workflow.body[0].querySelector("[data-chooser-modal-creation-form]");
    if (!form) return; // The user may not add pictures: `closed` of openDialog() names the files.
    // What differs from picture to picture is not asked for all of them: editing/overrides/adding_pictures.py.
    for (const name of ["title", "is_recognisable", "description", "tags"]) {
      form.elements[PREFIX + name]?.closest("li").remove();
    }
    const input = form.elements[`${PREFIX}file`];
    input.multiple = true;
    if (files) input.files = files;
    if (files !== undefined) {
      // Wait until the tabs of the dialog are set up.
      setTimeout(() => workflow.body[0].querySelector("[role=tab][href='#tab-upload']").click());
    }
    form.querySelector(`label[for="${input.id}"]`).firstChild.textContent = texts.files;
    const status = document.createElement("p");
    status.setAttribute("role", "status");
    form.append(status);
    const uploaded = new Map();
    let sending = false;
    workflow.body[0].addEventListener("submit", async (event) => {
      if (event.target !== form) return;
      event.preventDefault();
      event.stopPropagation();
      if (sending) return;
      sending = true;
      await sendAll(workflow, form, texts, uploaded);
      sending = false;
      // The button is active again. Wagtail disabled it when it was pressed.
      form.querySelector("button[type=submit]").removeAttribute("data-w-progress-loading-value");
    }, true);
  }

  // Opens the dialog to choose or upload several pictures. `files`: as for takeSeveral(). `take` gets the pictures, and
  // `closed` is called at the end.
  function openDialog(texts, files, take, closed = () => {}) {
    const handlers = window.IMAGE_CHOOSER_MODAL_ONLOAD_HANDLERS;
    const modal = new window.ImageChooserModal(texts.chooseUrl);
    modal.onloadHandlers = {
      ...handlers,
      choose(workflow, data) {
        handlers.choose(workflow, data);
        workflow.container.attr("aria-label", texts.add);
        workflow.container.one("hidden.bs.modal", closed);
        workflow.body[0].querySelector("#header-title").lastChild.textContent = texts.add;
        takeSeveral(workflow, texts, files);
      },
    };
    modal.open({ multiple: true }, take);
  }

  class Gallery extends blocks.StructBlockDefinition {
    render(...args) {
      // The fields of a picture need no panel of their own in the panel of the picture.
      this.childBlockDefsByName.pictures.childBlockDef.childBlockDefsByName.image.collapsible = false;
      const gallery = super.render(...args);
      const list = gallery.childBlocks.pictures;
      // It says "Pictures", as the heading of the block does.
      list.container[0].parentElement.querySelector(".w-field__label").remove();
      const texts = this.meta.several;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button-small button-secondary";
      button.textContent = texts.add;
      list.container.prepend(button);
      const open = (files) => openDialog(texts, files, (pictures) => addToGallery(list, pictures, texts));
      button.addEventListener("click", () => open());
      // Wagtail gives focus to a block that is added.
      gallery.focus = () => {
        button.focus();
        if (list.getState().every(isEmpty)) open(null);
      };
      return gallery;
    }
  }

  window.galleries = { addToGallery, openDialog, tell };
  window.telepath.register("editing.Gallery", Gallery);
}
