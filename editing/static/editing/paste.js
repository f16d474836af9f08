/* Pastes documents and pictures into the page editor, and takes files that are dropped on it. In the body, each
   picture, table and quote of a pasted document becomes a block in its place. Uses of Wagtail's JavaScript that are
   not documented: `rootBlock`, splitBlock() and deleteBlock() of the body; `widget` and `previewImage` of choosers. */
{
  // The marks of read_clipboard.js, with the number of a part, and the spaces around them.
  const MARK = /\s*\uE000(\d+)\uE001\s*/;
  // HTML that has blocks, or what Word does not show. Rich text can hold h2, h3 and h4 as they are.
  const FOR_US = /<(img|table|blockquote|h[156]|del)\b|mso-(list|hide|element):|Mso(\w*Quote|Del|Comment)|display: ?none/i;
  let isOurs = false; // the event is one that is sent below

  const getBody = () => document.getElementById("body-root")?.rootBlock;
  const getTexts = (body) => body.blockDef.childBlockDefsByName.pictures.meta.several;
  const isInForm = (element) => element.closest?.("[data-edit-form]") && getBody();
  // Returns the block of `body` that has `element` in it.
  const findBlock = (body, element) => body.children.find((child) => child.element.contains(element));

  const sendPaste = (target, html, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", text);
    isOurs = true;
    target.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    isOurs = false;
  };

  /* Insert `piece` of a document into `body` at `index`. Return its block. */
  const insert = (body, { type = "text", lines, values, html, text, attribution }, index) => {
    const { ContentState, convertToRaw } = window.DraftJS;
    const value = lines
      ? JSON.stringify(convertToRaw(ContentState.createFromBlockArray(lines)))
      : { ...body.blockDef.initialChildStates[type], ...values, ...(type === "quote" && { text, attribution }) };
    const { block } = body.insert({ type, value, id: crypto.randomUUID?.() }, index);
    // stories/table_block.js
    if (type === "table") sendPaste(block.captionInput, html, "");
    return block;
  };

  /* Upload the files of `places`, galleries with their new files, in one dialog, and add the pictures to them. */
  const upload = (places, texts) => {
    // The title of a picture is the name of its file: gallery.js.
    const titleOf = ({ name }) => name.replace(/\.[^.]+$/, "").slice(0, 255).trim();
    const wait = (place) => place.files.map((file) => ({ place, file, title: titleOf(file) }));
    const waiting = places.flatMap(wait);
    const files = new DataTransfer();
    waiting.forEach(({ file }) => files.items.add(file));
    const take = (pictures) => {
      const others = []; // Somebody may choose other pictures in the dialog. The alternative texts are not about them.
      for (const picture of pictures) {
        const at = waiting.findIndex(({ title }) => title === picture.title);
        const { place } = at < 0 ? {} : waiting.splice(at, 1)[0];
        if (place) place.take({ ...picture, default_alt_text: picture.default_alt_text || place.alt || "" });
        else others.push(picture);
      }
      others.forEach((picture) => places.at(-1).take(picture));
    };
    const close = () => {
      const left = waiting.splice(0);
      for (const place of places) {
        const titles = left.filter((each) => each.place === place).map(({ title }) => title);
        if (titles.length) window.galleries.tell(place.element, texts.refused, titles);
      }
    };
    window.galleries.openDialog(texts, files.files, take, close);
  };

  /* Return the chooser of a picture beside `element`, as that of the lead picture; undefined if it has none. `block`:
     the block around it, if it is in one. */
  const findChooser = (element, block) => {
    const areas = block ? "[data-contentpath]" : "[data-field-wrapper], .w-panel";
    for (let area = element.closest(areas); area && !area.contains(block); area = area.parentElement.closest(areas)) {
      const found = [...area.querySelectorAll(".chooser")].find((chooser) => chooser.widget?.previewImage);
      if (found) return found.widget;
    }
    return undefined;
  };

  /* Upload `files` that came to `target` in the form. The pictures go to the field or gallery there, or into a new
     gallery below the block, or at the end of the body. */
  const takeFiles = (target, files) => {
    const body = getBody();
    const texts = getTexts(body);
    const block = findBlock(body, target);
    const chooser = block?.type !== "pictures" && findChooser(target, block?.element);
    const element = block?.element ?? target.closest(".w-panel") ?? body.element;
    const isOther = ({ type }) => /^(application|audio|video)\//.test(type);
    const leave = (left, text) => left.length && window.galleries.tell(element, text, left.map(({ name }) => name));
    leave(files.filter(isOther), texts.noPicture);
    const pictures = files.filter((file) => !isOther(file));
    if (!pictures.length) return;
    if (chooser) leave(pictures.splice(1), texts.onlyOne);
    let gallery = block?.type === "pictures" && block.block;
    const take = (picture) => {
      if (!chooser) gallery ||= insert(body, { type: "pictures" }, block ? block.index + 1 : body.children.length);
      if (chooser) chooser.setStateFromModalData(picture);
      else window.galleries.addToGallery(gallery.childBlocks.pictures, [picture], texts);
    };
    upload([{ files: pictures, element, take }], texts);
  };

  /* Return the pieces of `content`, a text with marks, in their order: those of `parts`, and the text between them
     as {lines}, without empty lines at its ends. */
  const cut = (content, parts) => {
    const { Modifier, SelectionState } = window.DraftJS;
    const starts = new Map(); // {key of the line behind a mark: the part that it stands for}
    const find = () => content.getBlocksAsArray().find((line) => MARK.test(line.getText()));
    for (let line; (line = find());) {
      const [text, number] = MARK.exec(line.getText());
      const start = line.getText().indexOf(text);
      const at = SelectionState.createEmpty(line.getKey()).merge({ anchorOffset: start, focusOffset: start });
      content = Modifier.removeRange(content, at.merge({ focusOffset: start + text.length }), "forward");
      content = Modifier.splitBlock(content, at);
      starts.set(content.getKeyAfter(line.getKey()), parts[number]);
    }
    const pieces = [{ lines: [] }];
    const isEmpty = (line) => !line.getText().trim();
    const trim = ({ lines }) => {
      while (lines?.length && isEmpty(lines.at(-1))) lines.pop();
    };
    for (const line of content.getBlocksAsArray()) {
      const part = starts.get(line.getKey());
      if (part) trim(pieces.at(-1));
      if (part && part.type !== "break") pieces.push(part, { lines: [] });
      const { lines } = pieces.at(-1);
      if (!isEmpty(line) || (lines.length && !part)) lines.push(line);
    }
    trim(pieces.at(-1));
    // The editor has left out their marks.
    pieces.push(...parts.filter((part) => part.type !== "break" && !pieces.includes(part)));
    return pieces.filter(({ lines }) => lines?.length !== 0);
  };

  /* Replace the text of `block` by `pieces`. The block stays as the first piece of text. What was behind the cursor
     is in the last one, which gets its comments. */
  const replaceText = (body, block, before, pieces) => {
    const { ContentState, EditorState } = window.DraftJS;
    const stateOf = ({ lines }) => EditorState.push(before, ContentState.createFromBlockArray(lines), "split-block");
    const texts = pieces.filter(({ lines }) => lines);
    const [first, last] = [texts[0], texts.at(-1)];
    if (first !== last) {
      const letters = last.lines.flatMap((line) => line.getCharacterList().toArray());
      const styles = new Set(letters.flatMap((letter) => letter.getStyle().toArray()));
      body.splitBlock(block.index, stateOf(first), stateOf(last), ({ localId }) => styles.has(`COMMENT-${localId}`));
    } else if (first) {
      block.block.setState(EditorState.moveFocusToEnd(stateOf(first)));
    }
    let index = block.index;
    for (const piece of pieces) {
      if (piece !== first && piece !== last) piece.block = insert(body, piece, index);
      index += 1;
    }
    if (!first) body.deleteBlock(block.index);
  };

  const paste = (body, target, clipboard) => {
    const texts = getTexts(body);
    const block = findBlock(body, target);
    const isBody = block?.type === "text";
    const { html, text, parts, hasShapes } = window.readClipboard(clipboard, isBody);
    const pictures = parts.filter(({ type }) => type === "pictures");
    let count = 0;
    const name = (blob) => new File([blob], `${texts.pasted} ${count += 1}.${blob.type.split("/")[1]}`, blob);
    for (const part of pictures) part.files = part.files.map(name);
    const before = isBody && block.block.getState();
    // Elsewhere, the only marks are those of pictures.
    sendPaste(target, isBody ? html : html.replace(/<p>\uE000\d+\uE001<\/p>/g, ""), text);
    if (isBody && parts.length) {
      replaceText(body, block, before, cut(block.block.getState().getCurrentContent(), parts));
      body.element.dispatchEvent(new Event("change", { bubbles: true }));
    }
    const places = new Set();
    for (const { block: gallery, files, alt, isLoose } of pictures) {
      const place = gallery?.container[0] ?? block?.element ?? target.closest(".w-panel");
      if (!files.length) window.galleries.tell(place, texts.missing, [alt]);
      else places.add(place);
      if (isLoose) window.galleries.tell(place, texts.loose);
    }
    if (hasShapes) places.forEach((place) => window.galleries.tell(place, texts.covered));
    const files = pictures.flatMap((part) => part.files);
    const inGallery = ({ block: { container, childBlocks }, files: those, alt }) => ({
      files: those,
      alt,
      element: container[0],
      take: (picture) => window.galleries.addToGallery(childBlocks.pictures, [picture], texts),
    });
    if (!isBody) takeFiles(target, files);
    else if (files.length) upload(pictures.map(inGallery), texts);
  };

  document.addEventListener("paste", (event) => {
    const { target, clipboardData: clipboard } = event;
    // The Table block takes tables itself: stories/table_block.js.
    if (isOurs || !clipboard || !isInForm(target) || target.closest(".typed-table-block")) return;
    const html = clipboard.getData("text/html");
    const isText = target.closest(".Draftail-Editor");
    // Excel adds a picture of the cells, and browsers the address of a picture.
    const hasWords = clipboard.getData("text/plain") || /<(table|p|li|h\d)\b/i.test(html);
    const files = hasWords ? [] : [...clipboard.files];
    // A quick look, before the text is parsed.
    if (!files.length && !(isText && FOR_US.test(html))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (isText) paste(getBody(), target, clipboard);
    else takeFiles(target, files);
  }, true);

  // Without the listener for "dragover", the browser itself opens files that are dropped.
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      const { dataTransfer, target } = event;
      if (!dataTransfer?.types.includes("Files") || !isInForm(target) || target.closest("input[type=file]")) return;
      event.preventDefault();
      event.stopPropagation();
      if (name === "drop" && dataTransfer.files.length) takeFiles(target, [...dataTransfer.files]);
    }, true);
  }

  // For links_as_blocks.js:
  const findText = (element) => isInForm(element) && { body: getBody(), child: findBlock(getBody(), element) };
  window.pasting = { findText, replaceText };
}
