// Comforts of forms. Everything works without this file.

// A form is sent once: the second press of an impatient hand is ignored until the page answers or is shown again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sending]")) delete form.dataset.sending;
});

// Facets and filters apply at once; the button stays for those who want it.
for (const form of document.querySelectorAll("form[data-filter-form]")) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("input[type=checkbox], select")) form.requestSubmit();
  });
}

// The summary of errors is read first.
document.getElementById("error-summary")?.focus();

// An open menu closes with Escape and when the focus leaves it.
for (const menu of document.querySelectorAll("details.hub-menu")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
}
