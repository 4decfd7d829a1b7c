// Upload with progress: <form data-upload-form data-max-bytes="…" data-text-too-large="…" data-text-progress="… %s …"
// data-text-lost="…">. The texts come from the page, so that they are translated. Falls back to a plain form.

const sizeProblem = (form) => {
  const limit = Number(form.dataset.maxBytes || 0);
  for (const input of form.querySelectorAll("input[type=file]")) {
    const large = limit && [...input.files].some((file) => file.size > limit);
    input.setCustomValidity(large ? form.dataset.textTooLarge || "" : "");
    if (large) return input;
  }
  return null;
};

const progressOf = (form) => {
  let box = form.querySelector(".hub-upload-progress");
  if (!box) {
    box = document.createElement("div");
    box.className = "hub-upload-progress";
    box.innerHTML = "<progress max=\"100\" value=\"0\"></progress><p role=\"status\" aria-live=\"polite\"></p>";
    form.append(box);
  }
  return { bar: box.querySelector("progress"), text: box.querySelector("p") };
};

// Show the server's answer as the browser would have: the page itself, or where it led to.
const show = (request) => {
  const answered = new URL(request.responseURL, location.href);
  if (request.status < 400 && answered.pathname !== location.pathname) {
    location.assign(answered.href);
    return;
  }
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  (document.getElementById("error-summary") || document.querySelector("main")).focus();
  for (const form of document.querySelectorAll("form[data-upload-form]")) enhance(form);
  document.dispatchEvent(new CustomEvent("hub:replaced"));
};

const enhance = (form) => {
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") sizeProblem(form)?.reportValidity();
  });
  form.addEventListener("submit", (event) => {
    const wrong = sizeProblem(form);
    if (wrong) {
      event.preventDefault();
      delete form.dataset.sending;
      wrong.reportValidity();
      return;
    }
    const hasFile = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (!hasFile || event.defaultPrevented) return;
    event.preventDefault();
    const { bar, text } = progressOf(form);
    const request = new XMLHttpRequest();
    request.open("POST", form.action || location.href);
    request.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      bar.value = Math.round((100 * step.loaded) / step.total);
      text.textContent = (form.dataset.textProgress || "%s %").replace("%s", bar.value);
    });
    request.addEventListener("load", () => show(request));
    request.addEventListener("error", () => {
      delete form.dataset.sending;
      text.textContent = form.dataset.textLost || "";
    });
    request.send(new FormData(form, event.submitter));
  });
};

for (const form of document.querySelectorAll("form[data-upload-form]")) enhance(form);
