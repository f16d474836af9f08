// Suggestions while somebody types into a search form, which works as well without this file.
// It is ARIA's "editable combobox with list autocomplete": the focus stays in the field, and nothing is
// chosen that the reader did not choose. Words in a language come from the form's data attributes.
"use strict";

(() => {
  const DELAY = 150; // milliseconds without a key before the server is asked
  const SHORTEST = 2;
  const LONGEST = 60;

  function element(name, attributes, text = "") {
    const made = document.createElement(name);
    set(made, attributes);
    made.textContent = text;
    return made;
  }

  function set(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  }

  function suggestFor(form) {
    const field = form.elements.q;
    const { suggestions: address, suggestionsLabel: label, noSuggestions } = form.dataset;
    const id = `${field.id}-suggestions`;
    const list = element("ul", { class: "suggestions", id, role: "listbox", "aria-label": label, hidden: "" });
    const status = element("p", { class: "visually-hidden", role: "status" });
    let options = [];
    let active = -1; // the number of the marked option; -1: none, Enter searches
    let timer;
    let request;

    function mark(number) {
      options[active]?.setAttribute("aria-selected", "false");
      active = number;
      const option = options[active];
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) field.setAttribute("aria-activedescendant", option.id);
      else field.removeAttribute("aria-activedescendant");
    }

    function open(isOpen) {
      mark(-1);
      list.hidden = !isOpen;
      field.setAttribute("aria-expanded", isOpen);
    }

    function stop() {
      clearTimeout(timer);
      request?.abort();
      status.textContent = "";
    }

    function close() {
      stop();
      open(false);
    }

    function show(suggestions = []) {
      open(suggestions.length > 0);
      options = suggestions.map(({ text, url, kind }, number) => {
        const option = element("li", { id: `${id}-${number}`, role: "option", "aria-selected": "false" });
        option.append(element("span", {}, text), " ", element("span", { class: "suggestions__kind" }, kind));
        option.addEventListener("click", () => {
          close();
          location.assign(url);
        });
        return option;
      });
      list.replaceChildren(...options);
    }

    async function ask() {
      request = new AbortController();
      const { signal } = request;
      try {
        const query = new URLSearchParams({ q: field.value.trim() });
        const response = await fetch(`${address}?${query}`, { signal });
        const { suggestions } = await response.json();
        if (signal.aborted) return;
        show(suggestions);
        status.textContent = options.length ? `${label}: ${options.length}` : noSuggestions;
      } catch {
        // Searching works without suggestions: no word of it.
        if (!signal.aborted) show();
      }
    }

    function typed() {
      stop();
      mark(-1);
      if (list.hidden) options = [];
      const { length } = field.value.trim();
      if (length >= SHORTEST && length <= LONGEST) timer = setTimeout(ask, DELAY);
      else show();
    }

    function pressed(event) {
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in steps && options.length) {
        if (list.hidden) open(true);
        // After the last option, and before the first, comes the field.
        const places = options.length + 1;
        mark(((active + 1 + steps[event.key] + places) % places) - 1);
      } else if (event.key === "Escape" && !list.hidden) {
        close();
      } else if (event.key === "Enter" && active >= 0) {
        options[active].click();
      } else {
        mark(-1); // Home, End and others move within the field
        return;
      }
      event.preventDefault();
    }

    set(field, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id });
    field.autocomplete = "off"; // the browser's own list
    form.append(list, status);
    field.addEventListener("input", typed);
    field.addEventListener("keydown", pressed);
    field.addEventListener("blur", close);
    form.addEventListener("submit", close);
    // The focus stays in the field: it would close the list before the click.
    list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  document.querySelectorAll("form[data-suggestions]").forEach(suggestFor);
})();
