// Comforts of forms and menus. Everything works without them.

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

// A chosen filter applies at once. The page stays where it is, open groups stay open, and the focus stays on the
// choice; the number of results is announced by its live region. The last choice holds: the answer to an earlier one
// is not waited for any more.
let asking = new AbortController();
const applyFilters = async (form, changed) => {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  const url = new URL(form.action, location.href);
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
  url.search = query;
  // By name: a wider question brings groups that the narrow one did not have.
  const groups = new Map([...document.querySelectorAll("details.hub-facet")].map((group) => [
    group.id,
    { open: group.open, scrolled: group.querySelector("fieldset").scrollTop },
  ]));
  form.toggleAttribute("data-busy", true);
  let page = null;
  try {
    const answer = await fetch(url, { signal });
    page = answer.ok ? parsePage(await answer.text()) : null;
  } catch {
    // The browser's own way shows what is wrong.
  }
  if (signal.aborted) return;
  if (!page?.querySelector("form[data-filter-form]")) {
    form.requestSubmit();
    return;
  }
  const { scrollX, scrollY } = window;
  const status = page.querySelector("main .hub-result-count");
  const said = status?.textContent;
  if (status) status.textContent = "";
  showPage(page, url.href);
  for (const group of document.querySelectorAll("details.hub-facet")) {
    const before = groups.get(group.id);
    if (!before) continue;
    group.open = before.open;
    group.querySelector("fieldset").scrollTop = before.scrolled;
  }
  window.scrollTo(scrollX, scrollY);
  const same = document.querySelector(
    `form[data-filter-form] [name="${CSS.escape(changed.name)}"]` +
      (changed.type === "checkbox" ? `[value="${CSS.escape(changed.value)}"]` : ""),
  );
  (same || document.querySelector("main")).focus({ preventScroll: true });
  if (status) setTimeout(() => { status.textContent = said; }, 50);
};

onEveryPage(() => {
  for (const form of document.querySelectorAll("form[data-filter-form]:not([data-enhanced])")) {
    form.dataset.enhanced = "yes";
    form.addEventListener("change", (event) => {
      if (event.target.matches("input[type=checkbox], input[type=radio], select")) applyFilters(form, event.target);
    });
  }
});

// On a phone the results come first: all filters are behind one press, and stay open while they are used, also on the
// page that a removed filter leads to.
const OPEN_FILTERS = "hub-open-filters";
onEveryPage(() => {
  const filters = document.querySelector("form[data-filter-form] .hub-facets");
  if (!filters || !window.matchMedia("(max-width: 52rem)").matches || filters.querySelector(".hub-facets-phone")) return;
  const all = document.createElement("details");
  all.className = "hub-facets-phone";
  all.open = sessionStorage.getItem(OPEN_FILTERS) === location.pathname;
  all.addEventListener("toggle", () => { sessionStorage.setItem(OPEN_FILTERS, all.open ? location.pathname : ""); });
  const summary = document.createElement("summary");
  const chosen = filters.querySelectorAll(":checked").length;
  summary.textContent = filters.querySelector("h2").textContent + (chosen ? ` (${chosen})` : "");
  all.append(summary, ...filters.querySelectorAll(":scope > :not(h2)"));
  filters.append(all);
});

// The summary of errors is read first.
onEveryPage(() => document.querySelector("#error-summary:not(.hub-specimen *)")?.focus());

// An open menu closes with Escape, when the focus leaves it, and with a press beside it.
const openMenus = () => document.querySelectorAll("details.hub-menu[open]");
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    const wasInside = menu.contains(document.activeElement);
    menu.open = false;
    if (wasInside) menu.querySelector("summary").focus();
  }
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("pointerdown", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});

// A list in groups shows the group that another list's choice names, and without a choice all of them.
for (const list of document.querySelectorAll("select[data-groups-of]")) {
  const chooser = list.form.elements[list.dataset.groupsOf];
  const groups = [...list.querySelectorAll("optgroup")];
  const narrow = () => {
    const { value } = list;
    const name = chooser.selectedOptions[0].text;
    for (const group of groups) group.remove();
    list.append(...groups.filter((group) => !chooser.value || group.label === name));
    list.value = value;
    if (list.selectedIndex < 0) list.selectedIndex = 0;
  };
  chooser.addEventListener("change", narrow);
  narrow();
}
