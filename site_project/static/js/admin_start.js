/* Starts those parts of Wagtail's forms that Wagtail itself starts by inline scripts, which the policy
   blocks. Each has an element with data-controller="start" in its place: site_project/wagtail_hooks.py. */
{
  // The rich text editor writes styles into the page: placeholders, the numbers of lists inside lists.
  // This page's nonce lets in what scripts make in this way, but no style that came as HTML.
  const { nonce } = document.currentScript;
  const createElement = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = createElement(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };

  // Nothing else on the page can be called by an attribute.
  const NAMES = new Set([
    "Chooser", "DocumentChooser", "ImageChooser", "PageChooser", "SnippetChooser",
    "InlinePanel", "MultipleChooserPanel",
    "initDateChooser", "initDateTimeChooser", "initTimeChooser",
    "createQueryChooser", "createTaskChooser",
  ]);

  window.createQueryChooser = (id, { url }) => {
    document.getElementById(`${id}-chooser`).addEventListener("click", () => {
      window.ModalWorkflow({
        url,
        onload: window.QUERY_CHOOSER_MODAL_ONLOAD_HANDLERS,
        responses: {
          queryChosen: (query) => { document.getElementById(id).value = query.querystring; },
        },
      });
    });
  };

  class StartController extends window.StimulusModule.Controller {
    static values = { name: String, id: String, options: Object };

    connect() {
      // An element that is moved is connected again.
      if (!NAMES.has(this.nameValue) || this.element.dataset.started) return;
      this.element.dataset.started = "true";
      const start = window[this.nameValue];
      const values = this.hasIdValue ? [this.idValue, this.optionsValue] : [this.optionsValue];
      if (/^[A-Z]/.test(this.nameValue)) new start(...values);
      else start(...values);
    }
  }

  window.wagtail.app.register("start", StartController);
}
