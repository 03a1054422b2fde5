// A number of seconds, read out in words while one types. The units' names are the browser's own.

const language = document.documentElement.lang;
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function reads(seconds) {
  const parts = [];
  for (const [unit, size] of UNITS) {
    const many = Math.floor(seconds / size);
    seconds %= size;
    if (many) parts.push(new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(many));
  }
  return parts.join(" ");
}

class SecondsField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    const reading = this.querySelector(".reading");
    const steps = this.querySelector(".steps");
    const read = () => {
      const written = input.value.trim();
      reading.textContent = /^\d{1,9}$/.test(written) ? reads(Number(written)) : "";
    };
    input.addEventListener("input", read);
    read();
    if (!steps) return;
    steps.hidden = false;
    steps.addEventListener("click", (event) => {
      const step = event.target.closest("[data-seconds]");
      if (!step) return;
      input.value = step.dataset.seconds;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}

customElements.define("seconds-field", SecondsField);
