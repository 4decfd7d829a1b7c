// Upload with progress: <form data-upload-form data-max-bytes="…">. Without this file it is a plain form.

// --- Too large, said beside the field before anything is sent -------------------------------------

const limitOf = (form, input) => Number(input.dataset.maxBytes || form.dataset.maxBytes || 0);

const tellFile = (form, input) => {
  const id = `${input.id || input.name}_too_large`;
  document.getElementById(id)?.remove();
  const described = (input.getAttribute("aria-describedby") || "").split(" ").filter((name) => name && name !== id);
  const limit = limitOf(form, input);
  const isTooLarge = limit > 0 && [...input.files].some((file) => file.size > limit);
  if (isTooLarge) {
    const list = document.createElement("ul");
    list.className = "errorlist";
    list.id = id;
    const item = document.createElement("li");
    item.textContent = textOf(form, "textTooLarge");
    list.append(item);
    input.before(list);
    described.push(id);
    input.setAttribute("aria-invalid", "true");
  } else if (input.getAttribute("aria-invalid")) {
    input.removeAttribute("aria-invalid");
  }
  if (described.length) input.setAttribute("aria-describedby", described.join(" "));
  else input.removeAttribute("aria-describedby");
  return isTooLarge;
};

// A title that is still empty begins as the name of the file says it; the server does the same for a draft.
const suggestTitle = (form, input) => {
  const title = document.getElementById(form.dataset.titleFromFile);
  if (!title || title.value.trim() || !input.files.length) return;
  const words = input.files[0].name.replace(/\.[^.]*$/, "").replace(/[\s_]+|(?<=\p{L}|\d)-(?=\p{L}|\d)/gu, " ").trim();
  title.value = words.slice(0, 1).toUpperCase() + words.slice(1, 200);
};

const fileInputs = (form) => [...form.querySelectorAll("input[type=file]")];

// --- The bar --------------------------------------------------------------------------------------

const progressOf = (form) => {
  form.querySelector(".hub-upload-progress")?.remove();
  const box = document.createElement("div");
  box.className = "hub-upload-progress";
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  const text = document.createElement("p");
  text.setAttribute("role", "status");
  text.id = "upload-said"; // also the name of the bar, so that both say the same
  bar.setAttribute("aria-labelledby", text.id);
  const cancel = document.createElement("button");
  cancel.type = "button";
  cancel.className = "btn btn-sm btn-outline-secondary";
  cancel.textContent = textOf(form, "textCancel");
  box.append(bar, text, cancel);
  form.append(box);
  return { box, bar, text, cancel };
};

const percentText = (form, percent) => (textOf(form, "textProgress") || "%s %").replace("%s", String(percent));

// --- Sending --------------------------------------------------------------------------------------

const sendWithProgress = (form, button) => {
  const { box, bar, text, cancel } = progressOf(form);
  text.textContent = percentText(form, 0);
  const body = new FormData(form);
  if (button?.name) body.append(button.name, button.value);
  const request = new XMLHttpRequest();
  let announced = -1;

  const giveUp = (name) => {
    delete form.dataset.sending;
    box.classList.add("hub-upload-failed");
    const hadFocus = cancel === document.activeElement;
    bar.remove();
    cancel.remove();
    text.textContent = textOf(form, name);
    if (hadFocus) button?.focus();
  };
  request.open("POST", form.getAttribute("action") || location.href);
  request.upload.addEventListener("progress", (step) => {
    if (!step.lengthComputable) return;
    const percent = Math.floor((100 * step.loaded) / step.total);
    bar.value = percent;
    // Every tenth is enough to hear.
    if (Math.floor(percent / 10) !== announced) {
      announced = Math.floor(percent / 10);
      text.textContent = percentText(form, percent);
    }
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    cancel.remove();
    text.textContent = textOf(form, "textChecking");
  });
  request.addEventListener("load", () => {
    const page = parsePage(request.responseText);
    if (!page) {
      // Not a page of the hub: a server in between refused.
      giveUp(request.status === 413 ? "textTooLarge" : "textLost");
      return;
    }
    // An error page takes no form away: what was typed stays, with the page's sentence.
    const refusal = request.status >= 400 && page.querySelector(".hub-error-page");
    if (refusal) {
      giveUp("textLost");
      text.textContent = `${refusal.querySelector("h1").textContent}. ${refusal.querySelector(".lead").textContent.trim()}`;
      return;
    }
    showPage(page, request.responseURL);
    window.scrollTo(0, 0);
    const summary = document.getElementById("error-summary");
    const start = !summary && document.querySelector("main [data-start]");
    if (start) start.scrollIntoView();
    (summary || start || document.querySelector("main")).focus({ preventScroll: Boolean(start) });
  });
  request.addEventListener("error", () => giveUp("textLost"));
  request.addEventListener("timeout", () => giveUp("textLost"));
  request.addEventListener("abort", () => giveUp("textCancelled"));
  cancel.addEventListener("click", () => request.abort());
  request.send(body);
};

onEveryPage(() => {
  for (const form of document.querySelectorAll("form[data-upload-form]:not([data-enhanced])")) {
    form.dataset.enhanced = "yes";
    form.addEventListener("change", (event) => {
      if (event.target.type !== "file") return;
      suggestTitle(form, event.target);
      tellFile(form, event.target);
    });
    form.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      const tooLarge = fileInputs(form).find((input) => tellFile(form, input));
      if (tooLarge) {
        event.preventDefault();
        tooLarge.focus();
        return;
      }
      if (!fileInputs(form).some((input) => input.files.length)) return;
      event.preventDefault();
      if (form.dataset.sending) return;
      form.dataset.sending = "yes";
      sendWithProgress(form, event.submitter);
    });
  }
});
