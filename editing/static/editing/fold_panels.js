/* In the page editor on a phone: folds what is above the words of a live page, the panels with the attribute "data-fold",
   unless an error is in them. A link to such a panel unfolds it. */
{
  const toggle = (panel, expanded) => panel?.querySelector(`[data-panel-toggle][aria-expanded=${expanded}]`)?.click();

  window.addEventListener("load", () => {
    if (!document.body.matches(".page-is-live") || !window.matchMedia("(max-width: 50em)").matches) return;
    document.querySelectorAll("[data-fold]:not(:has(.error-message))").forEach((panel) => toggle(panel, true));
  });

  document.addEventListener("click", ({ target }) => {
    const hash = target.closest("a[href^='#panel-']")?.hash;
    if (hash) toggle(document.querySelector(`${hash}[data-fold]`), false);
  });
}
