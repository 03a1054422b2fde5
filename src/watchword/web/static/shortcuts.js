// Keys: Ctrl K finds, ? helps, N adds, / searches, G and a letter goes somewhere.
//
// Single keys can be turned off (WCAG 2.1.4): people who speak to their computers send them without meaning to.

const STORED = "watchword-single-keys";
const single = document.querySelector("[data-shortcuts-switch]");
let going = 0;

function on() {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
}

if (single) {
  single.checked = on();
  single.addEventListener("change", () => localStorage.setItem(STORED, single.checked ? "on" : "off"));
}

function typing(element) {
  return element.closest("input, textarea, select, [contenteditable]") !== null;
}

const KEYS = {
  "?": () => document.getElementById("shortcuts")?.showModal(),
  "/": () => document.querySelector("main [type=search], main [role=search] input, main combo-box input")?.focus(),
  n: () => document.querySelector("[data-new]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key === "k") {
    event.preventDefault();
    const palette = document.getElementById("palette");
    if (palette && !palette.open) palette.showModal();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]") || !on()) return;
  if (going && event.timeStamp - going < 1500) {
    going = 0;
    const place = [...document.querySelectorAll("[data-go]")].find((one) => one.dataset.go === key);
    if (place) {
      event.preventDefault();
      place.click();
    }
    return;
  }
  going = key === "g" ? event.timeStamp : 0;
  const act = KEYS[key];
  if (act) {
    event.preventDefault();
    act();
  }
});
