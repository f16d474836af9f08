/* Starts choosers, inline panels and calendars in the admin's forms. Wagtail starts them by inline scripts, which the
   Content Security Policy blocks. Instead of such a script, our overrides have an element with
   data-controller="start". A field for a date with a time has neither: it uses the browser's own calendar.
   docs/overrides.md lists the overrides: templates, and patches in editing/wagtail_hooks.py. */
{
  // The rich text editor adds <style> elements to the page, for placeholders and for the numbers of nested lists.
  // The policy allows them only with the nonce of this page. Styles that came as HTML get none.
  const { nonce } = document.currentScript;
  const createElement = document.createElement.bind(document);
  document.createElement = (name, options) => {
    const element = createElement(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };

  // Jcrop selects the focal point of a picture. It finds out whether the device has a touch screen by setting an
  // inline event handler, which the policy blocks.
  const { Jcrop } = window.jQuery;
  if (Jcrop) Jcrop.defaults.touchSupport = "ontouchstart" in window;

  // What data-start-name-value may name: classes, with a capital letter, and functions. An attribute in the page
  // can call nothing else.
  const NAMES = new Set([
    "Chooser", "DocumentChooser", "ImageChooser", "PageChooser", "SnippetChooser",
    "InlinePanel", "MultipleChooserPanel", "TermPanel",
    "initDateChooser",
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

  const start = (element) => {
    const { startNameValue: name, startIdValue: id, startOptionsValue: options } = element.dataset;
    // Stimulus connects an element again after it was moved on the page.
    if (!NAMES.has(name) || element.dataset.started) return;
    element.dataset.started = "true";
    // An inline panel has no ID.
    const values = [id, JSON.parse(options)].filter((value) => value !== undefined);
    // The calendars would replace a date that they can't read by today's. The server accepts more formats than they
    // do, and shows an error for what is no date.
    if (/^init/.test(name)) values[1].validateOnBlur = false;
    if (/^[A-Z]/.test(name)) new window[name](...values);
    else window[name](...values);
  };

  window.wagtail.app.register("start", class extends window.StimulusModule.Controller {
    connect() { start(this.element); }
  });

  // An inline panel uses the chooser in a new form at once, before Stimulus connects its element.
  const { addForm } = window.InlinePanel.prototype;
  window.InlinePanel.prototype.addForm = function (...options) {
    addForm.apply(this, options);
    this.formContainer.find("[data-controller~=start]").each((_index, element) => start(element));
  };
}
