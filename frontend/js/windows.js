// Windows over the page, passing messages, and copying. Each link or button leads somewhere without them, too.

// A short message that goes away by itself; screen readers hear it without losing their place.
const say = (text) => {
  let place = document.querySelector(".hub-toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "hub-toasts";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  const toast = document.createElement("p");
  toast.className = "hub-toast mb-0";
  // A live region speaks of what is put into it after it was there.
  setTimeout(() => { toast.textContent = text; place.append(toast); }, 50);
  setTimeout(() => toast.remove(), 6000);
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (!dialog?.showModal || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  dialog.showModal();
});

// A press beside the window closes it, as Escape does.
document.addEventListener("click", (event) => {
  if (!event.target.matches("dialog.hub-dialog")) return;
  const box = event.target.getBoundingClientRect();
  const isInside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!isInside) event.target.close();
});

onEveryPage(() => {
  for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = !navigator.clipboard;
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    say(button.dataset.copied);
  } catch {
    getSelection().selectAllChildren(source);
  }
});
