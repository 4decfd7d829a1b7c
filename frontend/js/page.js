// What the other scripts share: the texts of the page, and putting another page of the hub in the place of this one.

// A text that the page carries, so that it is translated; a form may carry its own.
const textOf = (form, name) => form.dataset[name] || document.body.dataset[name] || "";

const enhancers = [];

// Every enhancer runs now and after each replacement; what it did to an element it must not do again.
const onEveryPage = (enhance) => {
  enhancers.push(enhance);
  enhance();
};

const parsePage = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  return page.querySelector("main") ? page : null;
};

// Show an answer as the browser would have shown it: title, header (menu, number of notifications) and content.
const showPage = (page, url) => {
  if (url && url !== location.href) {
    history.replaceState({ hub: true }, "");
    history.pushState({ hub: true }, "", url);
  }
  document.title = page.title;
  for (const part of ["header.hub-header", "main"]) {
    const fresh = page.querySelector(part);
    if (fresh) document.querySelector(part)?.replaceWith(document.adoptNode(fresh));
  }
  for (const enhance of enhancers) enhance();
};

// Going back to what was replaced asks the server again, as if nothing had been replaced.
window.addEventListener("popstate", (event) => {
  if (event.state?.hub) location.reload();
});
