// Messages that come and go. They stay long enough to be read, and longer while somebody points at them.

const SHOWN = 6000;

export function toast(message, tone = "good") {
  const place = document.getElementById("toasts");
  if (!place) return;
  const made = document.createElement("div");
  made.className = `toast ${tone}`;
  made.dataset.toast = "";
  made.append(document.createElement("span"), Object.assign(document.createElement("p"), { textContent: message }));
  place.replaceChildren(made);
  leave(made);
}

function leave(made) {
  // What went wrong stays until somebody closes it.
  if (made.matches(".bad, .warn")) return;
  let timer = setTimeout(() => made.remove(), SHOWN);
  made.addEventListener("pointerenter", () => clearTimeout(timer));
  made.addEventListener("focusin", () => clearTimeout(timer));
  made.addEventListener("pointerleave", () => { timer = setTimeout(() => made.remove(), SHOWN); });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-closes=toast]")) event.target.closest("[data-toast]").remove();
});

for (const made of document.querySelectorAll("[data-toast]")) leave(made);
