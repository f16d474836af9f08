// The panels for countries, themes and authors ("terms") of a story: suggests terms while an editor types, and
// adds the selected one.
// It follows ARIA's pattern "editable combobox with list autocomplete": the focus stays in the field, and no
// option is selected until the editor selects one. Enter and Tab add the term that was typed, if only one fits; an
// author only by the whole name, because two people can have a part of it in common. Words that are left over stay
// in the field, and the line below it says so. The addresses and the translated texts are in the data
// attributes of stories/templates/stories/admin/term_panel.html.
"use strict";

{
  const DELAY = 150; // milliseconds after the last key before the request is sent

  // Returns `text` without accents and capital letters.
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  const asWords = (text) => ` ${fold(text).replace(/[^\p{L}\p{N}]+/gu, " ").trim()}`;

  class TermSearch {
    constructor(panel, element) {
      this.panel = panel;
      this.texts = element.dataset;
      this.field = element.querySelector("input");
      this.status = element.querySelector("[aria-live]");
      this.list = document.createElement("ul");
      this.list.id = `${this.field.id}-list`;
      this.list.className = "term-search__list";
      this.list.hidden = true;
      this.setAttributes(this.list, { role: "listbox", "aria-label": this.texts.found });
      this.setAttributes(this.field, {
        role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id,
      });
      this.field.after(this.list);
      this.options = [];
      this.active = -1; // the index of the selected option; -1: none
      this.found = null; // the terms for the text in the field, once they have come
      this.field.addEventListener("input", () => this.ask());
      this.field.addEventListener("keydown", (event) => this.onKeydown(event));
      this.field.addEventListener("blur", () => {
        this.setOpen(false);
        this.sayWhatIsLeft();
      });
      // Keeps the focus in the field: losing it would close the list before the click.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
    }

    setAttributes(element, attributes) {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    }

    select(index) {
      this.options[this.active]?.setAttribute("aria-selected", "false");
      this.active = index;
      const option = this.options[index];
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) this.field.setAttribute("aria-activedescendant", option.id);
      else this.field.removeAttribute("aria-activedescendant");
    }

    setOpen(isOpen) {
      this.select(-1);
      this.list.hidden = !isOpen;
      this.field.setAttribute("aria-expanded", isOpen);
    }

    close() {
      clearTimeout(this.timer);
      this.request?.abort();
      this.status.textContent = "";
      this.setOpen(false);
    }

    sayWhatIsLeft() {
      const words = this.field.value.trim();
      if (words) this.status.textContent = `${this.texts.left} ${words}`;
    }

    // Adds the term that was typed, if only one has that name, or has words that begin so.
    async addWhatFits() {
      const typed = this.field.value.trim();
      if (!typed) return;
      clearTimeout(this.timer);
      if (!this.found) await this.fetchTerms();
      // More was typed meanwhile, or nothing came.
      if (!this.found || this.field.value.trim() !== typed) return;
      const words = asWords(typed);
      // The text of an author has a role too.
      const same = this.found.filter(({ name }) => fold(name) === fold(typed));
      const isAuthor = this.panel.opts.chooserFieldName === "author";
      const beginsSo = ({ name }) => words !== " " && asWords(name).includes(words);
      const fitting = isAuthor ? [] : this.found.filter(beginsSo);
      if (same.length === 1) this.add(same[0]);
      else if (fitting.length === 1) this.add(fitting[0]);
      else if (document.activeElement !== this.field) this.sayWhatIsLeft();
    }

    ask() {
      this.close();
      this.options = [];
      this.found = null;
      if (this.field.value.trim()) this.timer = setTimeout(() => this.fetchTerms(), DELAY);
    }

    async fetchTerms() {
      this.request?.abort();
      this.request = new AbortController();
      const { signal } = this.request;
      const text = this.field.value.trim();
      const query = new URLSearchParams({ q: text, locale: this.texts.language });
      try {
        const response = await fetch(`${this.texts.suggestUrl}?${query}`, { signal });
        const { terms, may_create: mayCreate } = await response.json();
        if (signal.aborted) return;
        this.found = terms;
        this.show(terms, mayCreate ? text : "");
      } catch {
        if (!signal.aborted) this.status.textContent = this.texts.failed;
      }
    }

    show(terms, newName) {
      const choices = terms.map((term) => [term.string, () => this.add(term)]);
      if (newName) choices.push([`${this.texts.create} ${newName}`, () => this.create(newName)]);
      this.options = choices.map(([text, choose], index) => {
        const option = document.createElement("li");
        this.setAttributes(option, { id: `${this.list.id}-${index}`, role: "option", "aria-selected": "false" });
        option.textContent = text;
        option.addEventListener("click", choose);
        return option;
      });
      this.list.replaceChildren(...this.options);
      if (document.activeElement !== this.field) return; // Tab was pressed.
      this.setOpen(this.options.length > 0);
      this.status.textContent = `${this.texts.found} ${terms.length}`;
    }

    add(term) {
      this.close();
      this.field.value = "";
      const word = this.panel.addTerm(term) ? this.texts.added : this.texts.chosen;
      this.status.textContent = `${word} ${term.string}`;
    }

    async create(name) {
      this.close();
      this.options = []; // so that a second Enter does not make it twice
      const body = new FormData();
      body.append("name", name);
      body.append("locale", this.texts.language);
      const { CSRF_HEADER_NAME: header, CSRF_TOKEN: token } = window.wagtailConfig;
      try {
        const response = await fetch(this.texts.createUrl, { method: "POST", body, headers: { [header]: token } });
        const { result, htmlFragment } = await response.json();
        if (result) this.add(result);
        else this.status.textContent = this.errorsIn(htmlFragment) || this.texts.failed;
      } catch {
        this.status.textContent = this.texts.failed;
      }
    }

    errorsIn(html) {
      const errors = new DOMParser().parseFromString(html, "text/html").querySelectorAll(".error-message");
      return [...errors].map((error) => error.textContent.trim()).join(" ");
    }

    onKeydown(event) {
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps && this.options.length) {
        if (this.list.hidden) this.setOpen(true);
        // The arrow keys go round through all options and the field itself (-1).
        const positions = this.options.length + 1;
        this.select(((this.active + 1 + steps[event.key] + positions) % positions) - 1);
      } else if (event.key === "Escape" && !this.list.hidden) {
        this.close();
      } else if (event.key === "Enter") {
        // Enter never sends the form of the story.
        if (this.active >= 0) this.options[this.active].click();
        else this.addWhatFits();
      } else if (event.key === "Tab") {
        this.addWhatFits();
        return;
      } else {
        this.select(-1); // Home, End and other keys move the cursor in the field
        return;
      }
      event.preventDefault();
    }
  }

  window.TermPanel = class TermPanel extends window.MultipleChooserPanel {
    constructor(options) {
      super(options);
      new TermSearch(this, document.getElementById(`${options.formsetPrefix}-SUGGEST-search`));
    }

    // Adds a line for `term`. Returns false if there is one already.
    addTerm(term) {
      const { formsetPrefix: prefix, chooserFieldName: name } = this.opts;
      const inputs = this.formsElt.find(`> :not(.deleted) input[name$="-${name}"]`).get();
      if (inputs.some((input) => input.value === term.id)) return false;
      this.isAdding = true;
      this.addForm();
      this.isAdding = false;
      this.chooserWidgetFactory.getById(`${prefix}-${this.formCount - 1}-${name}`).setStateFromModalData(term);
      return true;
    }

    // Wagtail moves the focus to a new line. Here it stays in the field, so that the editor can type the next term.
    initialFocus(element) {
      if (!this.isAdding) super.initialFocus(element);
    }
  };
}
