/* Offers to make a block of a link, or of an address, that is alone on a line of a Text block: a video if it leads to
   one, a chosen story if it leads to a published story of this site. paste.js replaces the line. */
{
  const { found, video, story } = document.currentScript.dataset;
  const YOUTUBE = /^https?:\/\/((www|m)\.)?youtube(-nocookie)?\.com\/(watch\?|(shorts|live|embed)\/\w)/i;
  const OTHERS = /^https?:\/\/(youtu\.be\/\w|((www|player)\.)?vimeo\.com\/(\w+\/)*\d|(www\.)?dailymotion\.com\/video\/\w)/i;
  const admin = location.pathname.replace(/pages\/.*/, "");

  // Returns the URL that is all of `line`, and the words of its link; undefined if there is something else.
  const readLine = (content, line) => {
    const words = line.getText();
    if (line.getType() !== "unstyled" || !words.trim()) return undefined;
    const keys = new Set([...words.trimEnd()].map((_, at) => line.getEntityAt(at)).slice(words.search(/\S/)));
    const link = keys.size === 1 && [...keys][0] && content.getEntity([...keys][0]);
    const address = link ? link.getData().url : words.trim();
    const pattern = link ? /^(https?:\/)?\/\S+$/i : /^https?:\/\/\S+$/i;
    if (!pattern.test(address) || !URL.canParse(address, location)) return undefined;
    return { url: new URL(address, location), title: words.trim() === address ? "" : words.trim() };
  };

  const findPage = (path) => fetch(`${admin}api/main/pages/find/?html_path=${path}`)
    .then((response) => response.ok && response.json()).catch(() => undefined);

  // Returns what can be made of the link: {label, name, type, values}.
  const findBlock = async ({ url, title }) => {
    if (YOUTUBE.test(url.href) || OTHERS.test(url.href)) {
      return { label: video, name: title || url.href, type: "media_link", values: { title, url: url.href } };
    }
    const page = url.host === location.host && await findPage(url.pathname);
    if (page?.meta?.type !== "stories.StoryPage" || !page.meta.status.live) return undefined;
    const { id, title: name, admin_display_title: adminTitle, meta: { parent } } = page;
    const value = { id, parentId: parent?.id, adminTitle, editUrl: `${admin}pages/${id}/edit/` };
    return { label: story, name, type: "chosen_stories", values: { stories: [{ value }] } };
  };

  // Puts `made` in the place of the line that has its link. The words around it stay in Text blocks.
  const replaceLine = (body, child, href, made) => {
    const before = child.block.getState();
    const content = before.getCurrentContent();
    const lines = content.getBlocksAsArray();
    const at = lines.findIndex((line) => readLine(content, line)?.url.href === href);
    if (at < 0) return;
    const isWanted = (piece) => piece.lines?.some((line) => line.getText().trim()) ?? true;
    const pieces = [{ lines: lines.slice(0, at) }, made, { lines: lines.slice(at + 1) }].filter(isWanted);
    window.pasting.replaceText(body, child, before, pieces);
    body.element.dispatchEvent(new Event("change", { bubbles: true }));
    // A text takes the focus. Without one, the new block does.
    if (pieces.length === 1) made.block.focus();
  };

  const readLinks = (child) => {
    const content = child.block.getState().getCurrentContent();
    return content.getBlocksAsArray().map((line) => readLine(content, line)).filter(Boolean);
  };

  const look = async (body, child) => {
    const has = (href) => readLinks(child).some(({ url }) => url.href === href);
    const offers = () => [...child.element.querySelectorAll("[data-href]")];
    for (const each of offers()) if (!has(each.dataset.href)) each.remove();
    for (const link of readLinks(child)) {
      const { href } = link.url;
      const made = await findBlock(link);
      // The line may be gone by now.
      if (!made || !has(href) || offers().some(({ dataset }) => dataset.href === href)) continue;
      const act = () => replaceLine(body, child, href, made);
      window.offer(child.element.lastElementChild, found, made.label, made.name, act).dataset.href = href;
    }
  };

  // Looks at the text that has `target`, and again at those with offers, whose lines may be elsewhere by now.
  const lookAround = ({ target }) => {
    const { body, child } = window.pasting.findText(target) ?? {};
    if (child?.type !== "text") return;
    for (const each of body.children) if (each === child || each.element.querySelector("[data-href]")) look(body, each);
  };

  // The editor takes what was pasted or typed after these events.
  const lookLater = (event) => { if (event.target.closest?.(".Draftail-Editor")) setTimeout(() => lookAround(event)); };
  for (const name of ["paste", "focusin", "focusout"]) document.addEventListener(name, lookLater, true);
  document.addEventListener("keydown", (event) => { if (event.key === "Enter") lookLater(event); }, true);
}
