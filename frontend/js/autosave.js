// Keep a draft while it is written: <form data-autosave data-autosave-url="…">. The answer is JSON: {"message": "…"},
// shown in [data-autosave-status]; {"fields": {"name": "value"}} sets hidden fields that the next save needs.

const PAUSE = 4000; // milliseconds without a key

const watch = (form) => {
  let timer = 0;
  let isDirty = false;
  const status = form.querySelector("[data-autosave-status]");
  const save = async () => {
    if (form.dataset.sending) return;
    const body = new FormData(form);
    for (const input of form.querySelectorAll("input[type=file]")) body.delete(input.name);
    try {
      const answer = await fetch(form.dataset.autosaveUrl, { method: "POST", body, headers: { Accept: "application/json" } });
      const told = await answer.json();
      for (const [name, value] of Object.entries(told.fields || {})) {
        const field = form.elements.namedItem(name);
        if (field) field.value = value;
      }
      if (told.autosave_url) form.dataset.autosaveUrl = told.autosave_url;
      if (status) status.textContent = told.message || "";
      if (answer.ok) isDirty = false;
    } catch {
      // The line is down: what was typed is still in the page, and the next pause tries again.
    }
  };
  form.addEventListener("input", () => {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE);
  });
  form.addEventListener("submit", () => {
    isDirty = false;
    clearTimeout(timer);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty && !form.dataset.sending) event.preventDefault();
  });
};

const watchAll = () => {
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    if (form.dataset.watched) continue;
    form.dataset.watched = "yes";
    watch(form);
  }
};
watchAll();
document.addEventListener("hub:replaced", watchAll);
