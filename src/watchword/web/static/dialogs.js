// Dialogs and menus: what opens, what closes, and where the focus is then. The browser's <dialog> does the rest.

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      opener.closest("details[data-menu]")?.removeAttribute("open");
      dialog.showModal();
    }
  }
  if (event.target.closest("[data-closes=dialog]")) event.target.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details[data-menu][open]");
  if (event.key === "Escape" && menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  }
});

for (const button of document.querySelectorAll("[data-opens][hidden]")) button.hidden = false;
