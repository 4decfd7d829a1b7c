// Keep a draft while it is written: <form data-autosave data-autosave-url="…">. The answer is JSON: {"message": "…"} is
// shown in [data-autosave-status], {"fields": {"name": "value"}} sets hidden fields that the next save needs,
// {"edit_url": "…"} becomes the address of the page, so that loading it again shows what was saved.
// A form with data-autosave or data-warn-unsaved warns before what was typed and not saved is left; data-unsaved says
// that there is such text from the beginning, in a form that was refused or kept over a sign-in.

const PAUSE = 4000; // milliseconds without a key
const RETRY = 30_000; // milliseconds after a save that failed

const keepDraft = (form) => {
  const status = form.querySelector("[data-autosave-status]");
  const say = (text) => {
    if (status && status.textContent !== text) status.textContent = text;
  };
  let timer = 0;
  let saving = null;
  let isDirty = "unsaved" in form.dataset;

  const send = async () => {
    const body = new FormData(form);
    for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
    isDirty = false;
    try {
      const answer = await fetch(form.dataset.autosaveUrl, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRFToken": String(body.get("csrfmiddlewaretoken")) },
      });
      const told = await answer.json();
      for (const [name, value] of Object.entries(told.fields || {})) {
        const field = form.elements.namedItem(name);
        if (field) field.value = value;
      }
      if (told.edit_url && form.isConnected) history.replaceState(history.state, "", told.edit_url);
      say(told.message || "");
      if (!answer.ok) isDirty = true;
    } catch {
      // The line is down: what was typed is still in the page, and is sent once more at the next pause or later.
      isDirty = true;
      say(textOf(form, "textNotSaved"));
      clearTimeout(timer);
      timer = setTimeout(save, RETRY);
    }
  };
  const save = () => {
    clearTimeout(timer);
    if (!isDirty || !form.dataset.autosaveUrl || form.dataset.sending || !form.isConnected) return;
    if (saving) {
      timer = setTimeout(save, PAUSE);
      return;
    }
    saving = send().finally(() => { saving = null; });
  };
  const changed = () => {
    setTimeout(sumUp, 0, form); // after those who fill another field in
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
  // Two saves at once would look like two people: what is under way ends first, then the form goes.
  form.addEventListener("submit", (event) => {
    if (saving) {
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      saving.then(() => form.requestSubmit(button));
      return;
    }
    clearTimeout(timer);
  });
  window.addEventListener("beforeunload", (event) => {
    if ((isDirty || saving) && form.isConnected && !form.dataset.sending) event.preventDefault();
  });
};

// What is in a field is shown where the form sums itself up, too: <span data-shows="name of the field">.
const sumUp = (form) => {
  for (const place of form.querySelectorAll("[data-shows]")) {
    const field = form.elements.namedItem(place.dataset.shows);
    const chosen = field.files ? field.files[0]?.name : field.value && (field.selectedOptions?.[0].text ?? field.value);
    if (chosen || !field.files) place.textContent = chosen || "–";
  }
};

onEveryPage(() => {
  for (const form of document.querySelectorAll("form:is([data-autosave], [data-warn-unsaved]):not([data-kept])")) {
    form.dataset.kept = "yes";
    keepDraft(form);
  }
});
