/* Reads what Word, LibreOffice, Google Docs, Excel and browsers put into the clipboard. paste.js uses it. */
{
  // Groups of an RTF text whose pictures are copies in older formats, or no part of the text, or deleted or hidden.
  const APART = new Set([
    "nonshppict", "shprslt", "listpicture", "header", "headerf", "footer", "background", "annotation", "deleted", "v",
  ]);
  const TYPES = { pngblip: "image/png", jpegblip: "image/jpeg" };
  // What Word does not show, or not as a part of the text: deleted words, hidden words, and comments.
  const HIDDEN = [
    "del, .msoDel, [style*='mso-hide:all' i], [style*='display:none' i], [style*='display: none' i]",
    "[style*='mso-element:comment' i], .MsoCommentReference",
  ].join();
  const BLOCKS = "p, h1, h2, h3, h4, h5, h6, li";

  // The elements are made in a document without a policy, which the attribute "style" would break.
  const inert = document.implementation.createHTMLDocument();
  const make = (name, textContent = "") => Object.assign(inert.createElement(name), { textContent });
  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  const readHex = (hex, type) => {
    const digits = hex.replace(/[^0-9a-f]/gi, "");
    const bytes = new Uint8Array(Math.floor(digits.length / 2));
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = parseInt(digits.slice(2 * at, 2 * at + 2), 16);
    return new Blob([bytes], { type });
  };

  /* Return {pictures, hasShapes} of an RTF text: its pictures, in their order, as Blobs; null for one that browsers
     can't show, or that is cropped, because its file still has what was cut off. `hasShapes`: whether it has shapes
     that are no pictures. They can cover a part of a picture. */
  const readRtf = (rtf) => {
    const pictures = []; // their groups
    const shapes = [];
    const groups = [{}]; // that are open
    for (const [token, word, number] of rtf.matchAll(/\\([a-z]+)(-?\d+)? ?|\\.|[{}]|[^\\{}]+/gs)) {
      const group = groups.at(-1);
      if (token === "{") {
        groups.push({ isApart: group.isApart, names: group.names });
      } else if (token === "}" && groups.length > 1) {
        groups.pop();
        if (group.hex !== undefined && !group.isApart) pictures.push(group);
      } else if (word) {
        if (APART.has(word) && number !== "0") group.isApart = true;
        // The names of the properties of a shape and of the picture in it.
        if (word === "shp") group.names = new Set();
        if (word === "shp" && !group.isApart) shapes.push(group.names);
        if (word === "pict") Object.assign(group, { hex: "", names: group.names ?? new Set() });
        if (word === "sn") group.isName = true;
        if (word.startsWith("piccrop") && Number(number)) group.names?.add("crop");
        group.type ??= TYPES[word];
      } else if (group.hex !== undefined) {
        group.hex += token;
      } else if (group.isName) {
        group.names?.add(token.trim());
      }
    }
    const isWhole = ({ names }) => ![...names].some((name) => name.startsWith("crop"));
    return {
      pictures: pictures.map((group) => (group.type && isWhole(group) ? readHex(group.hex, group.type) : null)),
      hasShapes: shapes.some((names) => !names.has("pib")),
    };
  };

  /* Return the picture in a data: address as a Blob; null for another address. */
  const readAddress = (address) => {
    const [, type, data] = /^data:(image\/[\w.+-]+);base64,([\w+/=\s]+)$/.exec(address) ?? [];
    try {
      return type ? new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], { type }) : null;
    } catch {
      return null; // It is cut off.
    }
  };

  /* Word writes the items of lists as paragraphs, with the bullets or numbers as text. */
  const makeLists = (body) => {
    for (const paragraph of body.querySelectorAll("p[style*='mso-list']")) {
      const [, level] = /mso-list:[^;]*level(\d)/.exec(paragraph.getAttribute("style")) ?? [];
      const bullet = paragraph.querySelector("[style*='mso-list:Ignore' i]");
      if (!level || !bullet) continue;
      const tag = /[\p{L}\p{N}][.)]/u.test(bullet.textContent) ? "ol" : "ul";
      bullet.remove();
      let item = make("li");
      item.append(...paragraph.childNodes);
      for (let depth = 0; depth < Number(level); depth += 1) {
        const list = make(tag);
        list.append(item);
        item = list;
      }
      paragraph.replaceWith(item);
    }
  };

  // Level 1 is for the title of the page, so a pasted h1 becomes h2, and the others move down with it.
  const shiftHeadings = (body) => {
    const shift = body.querySelector("h1") ? 1 : 0;
    for (const heading of body.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      const level = Math.min(Number(heading.localName[1]) + shift, 4);
      const allowed = make(`h${level}`);
      allowed.append(...heading.childNodes);
      heading.replaceWith(allowed);
    }
  };

  /* Change the paragraphs that Word calls quotes to <blockquote>, one for those that follow each other. */
  const makeQuotes = (body) => {
    for (const paragraph of body.querySelectorAll("p.MsoQuote, p.MsoIntenseQuote")) {
      const before = paragraph.previousElementSibling;
      const quote = before?.matches("blockquote.MsoQuote") ? before : make("blockquote");
      if (quote !== before) paragraph.before(quote);
      quote.className = "MsoQuote";
      quote.append(paragraph);
    }
  };

  /* Return the words of a part that stands for element number `index` in the text: paste.js finds them again. */
  const mark = (parts, part) => make("p", `\uE000${parts.push(part) - 1}\uE001`);

  // The names of files that Word takes for descriptions are none.
  const describe = (image) => (/[\\/]|\.\w{3,4}$/.test(image.alt) ? "" : image.alt.replace(/\s+/g, " ").trim());

  /* Put `place` where `image` is: before or behind the paragraph, list item, quote or table that it is in. */
  const move = (body, image, place, behind) => {
    // The outermost one comes first.
    const around = (name) => [...body.querySelectorAll(name)].find((each) => each.contains(image));
    const block = around("table, blockquote") ?? around(BLOCKS) ?? image;
    const start = document.createRange();
    start.setStart(block, 0);
    start.setEndBefore(image);
    if (!behind.has(block) && !start.toString().trim()) {
      block.before(place);
    } else {
      (behind.get(block) ?? block).after(place);
      behind.set(block, place);
    }
    image.remove();
  };

  /* Take the pictures out of `body`, and leave marks of their parts. A part has its file, as a Blob, if the
     clipboard has it. If the pictures of the RTF are not those of the HTML, they become one part at the end.
     Return whether the document has shapes. */
  const takePictures = (body, clipboard, parts) => {
    // Pages and mails use pictures of one pixel to count their readers.
    const images = [...body.querySelectorAll("img:not([width='1'], [height='1'])")];
    const files = images.map(({ src }) => readAddress(src));
    const missing = files.filter((file) => !file).length;
    const { pictures, hasShapes } = readRtf(clipboard.getData("text/rtf"));
    const found = [missing ? pictures : [], [...clipboard.files]];
    const others = missing ? found.find(({ length }) => length === missing) : [];
    const loose = others ? [] : found[0].filter(Boolean);
    const behind = new Map();
    for (const [index, image] of images.entries()) {
      const file = files[index] ?? others?.shift();
      if (!file && loose.length) image.remove();
      else move(body, image, mark(parts, { type: "pictures", alt: describe(image), files: file ? [file] : [] }), behind);
    }
    if (loose.length) body.append(mark(parts, { type: "pictures", alt: "", files: loose, isLoose: true }));
    return hasShapes;
  };

  /* Return the <body> of `html` from the clipboard without what Word does not show. table_block.js uses it too. */
  window.parseClipboard = (html) => {
    // The policy of the page forbids style sheets, and the browser would report them.
    const { body } = new DOMParser().parseFromString(html.replace(/<style.*?<\/style>/gis, ""), "text/html");
    body.querySelectorAll(HIDDEN).forEach((element) => element.remove());
    return body;
  };

  /* Return the HTML of the clipboard with marks, the parts that they stand for (pictures, tables and quotes), and
     whether the document has shapes. `isBody`: whether the parts can become blocks. Otherwise tables become lines of
     text. */
  window.readClipboard = (clipboard, isBody) => {
    const body = window.parseClipboard(clipboard.getData("text/html") || "<img>".repeat(clipboard.files.length));
    const parts = [];
    makeLists(body);
    shiftHeadings(body);
    makeQuotes(body);
    const hasShapes = takePictures(body, clipboard, parts);
    for (let table; (table = body.querySelector("table:not(:has(table))"));) {
      const rows = [...table.rows].map(({ cells }) => [...cells]);
      if (rows.length < 2 && (rows[0]?.length ?? 0) < 2) {
        table.replaceWith(...rows.flatMap(([cell]) => (cell ? [...cell.childNodes] : [])));
      } else if (isBody && !table.parentElement.closest("table")) {
        table.replaceWith(mark(parts, { type: "table", html: table.outerHTML }));
      } else {
        table.replaceWith(...rows.map((cells) => make("p", cells.map(words).join(" | "))));
      }
    }
    for (const quote of isBody ? body.querySelectorAll("blockquote:not(blockquote blockquote)") : []) {
      const source = quote.querySelector("cite");
      source?.remove();
      const lines = [...quote.querySelectorAll("p, li")];
      const text = (lines.length ? lines : [quote]).map(words).filter(Boolean).join("\n");
      quote.replaceWith(mark(parts, { type: "quote", text, attribution: source ? words(source).slice(0, 160) : "" }));
    }
    // A document does not go on in the line with the cursor, which would take its first heading.
    if (isBody && body.querySelectorAll(BLOCKS).length > 1) {
      body.prepend(mark(parts, { type: "break" }));
      body.append(mark(parts, { type: "break" }));
    }
    return { html: body.innerHTML, text: body.textContent, parts, hasShapes };
  };
}
