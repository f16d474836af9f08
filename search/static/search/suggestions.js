// Shows suggestions (from search/suggestions.py) while somebody types into a search form, which works without them.
// It follows ARIA's pattern "editable combobox with list autocomplete": the focus stays in the field, and no
// option is selected until the visitor selects one. The form's data attributes hold the suggestions' URL and
// the translated labels.
"use strict";

(() => {
  const DELAY = 150; // milliseconds after the last key before the request is sent
  // In characters, the same as in SuggestionForm (search/suggestions.py).
  const MIN_LENGTH = 2;
  const MAX_LENGTH = 60;

  function createElement(name, attributes, text = "") {
    const element = document.createElement(name);
    setAttributes(element, attributes);
    element.textContent = text;
    return element;
  }

  function setAttributes(element, attributes) {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  }

  function addSuggestions(form) {
    const field = form.elements.q;
    const { suggestions: url, suggestionsLabel: label, noSuggestions } = form.dataset;
    const id = `${field.id}-suggestions`;
    const list = createElement("ul", { class: "suggestions", id, role: "listbox", "aria-label": label, hidden: "" });
    const status = createElement("p", { class: "visually-hidden", role: "status" });
    let options = [];
    let textOfOptions; // what was typed when they were requested
    let active = -1; // the index of the selected option; -1: none, and Enter submits the form
    let timer;
    let request; // the AbortController of the last request

    function select(index) {
      options[active]?.setAttribute("aria-selected", "false");
      active = index;
      const option = options[active];
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      if (option) field.setAttribute("aria-activedescendant", option.id);
      else field.removeAttribute("aria-activedescendant");
    }

    function setOpen(isOpen) {
      select(-1);
      list.hidden = !isOpen;
      field.setAttribute("aria-expanded", isOpen);
    }

    function cancel() {
      clearTimeout(timer);
      request?.abort();
      status.textContent = "";
    }

    function close() {
      cancel();
      setOpen(false);
    }

    function show(suggestions = []) {
      setOpen(suggestions.length > 0);
      options = suggestions.map(({ text, url: target, kind }, index) => {
        const option = createElement("li", { id: `${id}-${index}`, role: "option", "aria-selected": "false" });
        option.append(createElement("span", {}, text), " ", createElement("span", { class: "suggestions__kind" }, kind));
        option.addEventListener("click", () => {
          close();
          location.assign(target);
        });
        return option;
      });
      list.replaceChildren(...options);
    }

    async function fetchSuggestions() {
      request = new AbortController();
      const { signal } = request;
      try {
        const text = field.value.trim();
        const response = await fetch(`${url}?${new URLSearchParams({ q: text })}`, { signal });
        const { suggestions } = await response.json();
        if (signal.aborted) return;
        show(suggestions);
        textOfOptions = text;
        status.textContent = options.length ? `${label}: ${options.length}` : noSuggestions;
      } catch {
        // Searching works without suggestions, so an error is not reported.
        if (!signal.aborted) show();
      }
    }

    function onInput() {
      cancel();
      select(-1);
      const { length } = field.value.trim();
      if (length >= MIN_LENGTH && length <= MAX_LENGTH) timer = setTimeout(fetchSuggestions, DELAY);
      else show();
    }

    function onKeydown(event) {
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const steps = { ArrowDown: 1, ArrowUp: -1 };
      // A closed list with the options of an earlier text stays closed.
      const canSelect = options.length && (!list.hidden || textOfOptions === field.value.trim());
      if (event.key in steps && canSelect) {
        if (list.hidden) setOpen(true);
        // The arrow keys go round through all options and the field itself (-1).
        const positions = options.length + 1;
        select(((active + 1 + steps[event.key] + positions) % positions) - 1);
      } else if (event.key === "Escape" && !list.hidden) {
        close();
      } else if (event.key === "Enter" && active >= 0) {
        options[active].click();
      } else {
        select(-1); // Home, End and other keys move the cursor in the field
        return;
      }
      event.preventDefault();
    }

    setAttributes(field, { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id });
    field.autocomplete = "off"; // hides the browser's own list
    form.append(list, status);
    field.addEventListener("input", onInput);
    field.addEventListener("keydown", onKeydown);
    field.addEventListener("blur", close);
    form.addEventListener("submit", close);
    // Keeps the focus in the field: losing it would close the list before the click.
    list.addEventListener("mousedown", (event) => event.preventDefault());
  }

  document.querySelectorAll("form[data-suggestions]").forEach(addSuggestions);
})();
