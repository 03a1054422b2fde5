// A search whose finds hang below it (ARIA's combobox with a list). The finds are made by the server, as options.

import { part } from "./fetching.js";

const SETTLED = 120;
let count = 0;

class ComboBox extends HTMLElement {
  connectedCallback() {
    if (this.input) return;
    this.input = this.querySelector("input");
    this.list = document.createElement("ul");
    this.list.className = "finds";
    this.list.id = `finds-${++count}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", this.input.labels?.[0]?.firstChild.textContent ?? this.input.ariaLabel ?? "");
    this.list.hidden = true;
    this.append(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": this.list.id, "aria-autocomplete": "list" })) {
      this.input.setAttribute(name, value);
    }
    this.input.addEventListener("input", () => this.search(SETTLED));
    this.input.addEventListener("focus", () => "atOnce" in this.dataset && this.search(0));
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => !("follows" in this.dataset) && this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(option, event);
    });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  search(wait) {
    clearTimeout(this.timer);
    this.asked?.abort();
    const words = this.input.value.trim();
    if (!words && !("atOnce" in this.dataset)) return this.close();
    this.timer = setTimeout(async () => {
      this.asked = new AbortController();
      try {
        const found = await part(`${this.dataset.source}?q=${encodeURIComponent(words)}`, this.asked.signal);
        this.show(found);
      } catch {
        this.close();
      }
    }, wait);
  }

  show(found) {
    this.list.replaceChildren(...[...found.children].map((one) => document.importNode(one, true)));
    this.options.forEach((option, number) => { option.id = `${this.list.id}-${number}`; });
    const open = this.list.childElementCount > 0 && (this.input === document.activeElement);
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
    this.mark("follows" in this.dataset ? this.options[0] : undefined);
  }

  mark(option) {
    for (const one of this.options) one.setAttribute("aria-selected", String(one === option));
    if (option) {
      this.input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.input.removeAttribute("aria-activedescendant");
    this.marked = option;
  }

  key(event) {
    const options = this.options;
    const open = !this.list.hidden && options.length > 0;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && open) {
      event.preventDefault();
      const place = options.indexOf(this.marked);
      this.mark(options[(place + step + options.length) % options.length] ?? options[0]);
    } else if (event.key === "ArrowDown") {
      this.search(0);
    } else if (event.key === "Enter" && open && this.marked) {
      event.preventDefault();
      this.choose(this.marked, event);
    } else if (event.key === "Escape" && open && !("follows" in this.dataset)) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }
  }

  choose(option, event) {
    if ("follows" in this.dataset) {
      event.preventDefault();
      location.assign(option.dataset.href);
      return;
    }
    this.input.value = option.dataset.value;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.mark(undefined);
  }
}

customElements.define("combo-box", ComboBox);
