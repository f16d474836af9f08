/* Keeps what is typed or submitted while an autosave is under way: docs/upstream.md, "Autosave". */
{
  // For how long, in milliseconds, a submission counts as under way. No event tells that the user stopped it. nginx
  // waits as long for the admin (deploy/nginx.conf).
  const MAX_SENDING = 60_000;
  let saving = false; // an autosave is under way
  let sentAt = -MAX_SENDING; // when the form was sent
  let postponed = null; // the form and the pressed button of a submission that waits for the autosave

  document.addEventListener("w-autosave:save", (event) => {
    if (performance.now() - sentAt < MAX_SENDING) event.preventDefault();
    else saving = true;
  });

  function finishSaving() {
    saving = false;
    if (!postponed) return;
    const { target, submitter } = postponed;
    postponed = null;
    // Wagtail disables a button after its click. A form is sent without the action of a disabled button.
    const wasDisabled = submitter?.disabled;
    if (wasDisabled) submitter.disabled = false;
    target.requestSubmit(submitter);
    if (wasDisabled) submitter.disabled = true;
  }
  document.addEventListener("w-autosave:success", finishSaving);
  document.addEventListener("w-autosave:error", finishSaving);

  // The listener uses jQuery, because the dialog of a decision submits the form with jQuery, without a native event.
  window.jQuery(document).on("submit", "[data-edit-form]", (event) => {
    if (event.isDefaultPrevented()) return;
    if (saving) {
      event.preventDefault();
      postponed = { target: event.target, submitter: event.originalEvent?.submitter };
    } else {
      sentAt = performance.now();
    }
  });

  const getUnsaved = (form) => window.wagtail.app.getControllerForElementAndIdentifier(form, "w-unsaved");

  // After an autosave, Wagtail takes for saved what the form holds by then. This makes it compare with what was
  // sent.
  let sentData = "";
  document.addEventListener("w-autosave:save", ({ target }) => {
    sentData = getUnsaved(target).formData;
  });
  document.addEventListener("w-autosave:success", ({ target, detail }) => {
    const saved = new URLSearchParams(sentData);
    for (const [name, value] of Object.entries(detail.data.field_updates ?? {})) {
      if (saved.has(name)) saved.set(name, value); // Wagtail set it in the form too
    }
    const unsaved = getUnsaved(target);
    unsaved.initialFormData = saved.toString();
    unsaved.previousFormData = unsaved.initialFormData;
  });

  // After an autosave, Wagtail moves the focus to the chosen comment, also while the user types in its text.
  // Wagtail's own listener runs after this one, because this one captures the event.
  document.addEventListener(
    "w-autosave:success",
    () => {
      if (!window.comments || document.activeElement.matches("body, #comments *")) return;
      const { actions, store } = window.comments.commentApp;
      store.dispatch(actions.setFocusedComment(null, { updatePinnedComment: false, forceFocus: false }));
    },
    { capture: true },
  );

  // After a submission with errors, Wagtail autosaves once, and then looks for no more changes. This makes it look.
  document.addEventListener("w-unsaved:add", ({ target }) => {
    const unsaved = getUnsaved(target);
    if (!unsaved.forceValue) return;
    unsaved.previousFormData = unsaved.formData;
    unsaved.initialFormData = "changed"; // differs from the data of any form, so Wagtail finds unsaved changes
    unsaved.forceValue = false;
    unsaved.checkIntervalValueChanged(unsaved.checkIntervalValue);
  });
}
