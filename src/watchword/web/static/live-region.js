// A part of a page that is fetched again when something that it shows has changed.
//
// One stream tells of all topics, and only while the page is looked at: browsers allow six connections to one host.

import { become, part } from "./fetching.js";

const regions = new Set();
const TOGETHER = 150;
const TYPED = 400;
let stream;

class LiveRegion extends HTMLElement {
  connectedCallback() {
    regions.add(this);
    this.addEventListener("time-over", () => this.refresh(TOGETHER));
    // What it shows may depend on fields of a form, whose names and values it then asks with.
    const form = this.form;
    form?.addEventListener("change", () => this.refresh(TOGETHER));
    form?.addEventListener("input", () => this.refresh(TYPED));
    if (form) this.refresh();
    const every = Number(this.dataset.every);
    if (every) this.beat = setInterval(() => !document.hidden && this.refresh(), every * 1000);
    listen();
  }

  disconnectedCallback() {
    regions.delete(this);
    clearInterval(this.beat);
    listen();
  }

  get form() {
    return this.dataset.fields ? this.closest("form") ?? document.getElementById(this.dataset.form) : null;
  }

  get source() {
    const { form } = this;
    if (!form) return this.dataset.source;
    const names = this.dataset.fields.split(" ");
    const said = [...new FormData(form)].filter(([name, value]) => names.includes(name) && value);
    return `${this.dataset.source}?${new URLSearchParams(said)}`;
  }

  get topics() {
    return (this.dataset.topics ?? "").split(" ").filter(Boolean);
  }

  refresh(wait = 0) {
    this.timer ??= setTimeout(async () => {
      this.timer = undefined;
      try {
        const before = told(this);
        become(this, await part(this.source));
        announce(this, before);
      } catch {
        state("away");
      }
    }, wait);
  }
}

// What a row says of itself is read out where it says something else than before.
function told(region) {
  return new Map([...region.querySelectorAll("[data-key][data-says]")].map((row) => [row.dataset.key, row.dataset.says]));
}

function announce(region, before) {
  const news = [...told(region)].filter(([key, says]) => before.get(key) !== says).map(([, says]) => says);
  const announcer = document.getElementById("announcer");
  if (news.length && announcer) announcer.textContent = news.slice(0, 3).join(" ");
}

function state(value) {
  for (const element of document.querySelectorAll("[data-live-state]")) {
    element.hidden = false;
    element.dataset.state = value;
    element.textContent = value === "on" ? element.dataset.on : element.dataset.off;
  }
}

function listen() {
  const topics = [...new Set([...regions].flatMap((region) => region.topics))].sort().join(" ");
  const wanted = topics && !document.hidden;
  if (stream && (!wanted || stream.topics !== topics)) {
    stream.close();
    stream = undefined;
  }
  if (!wanted || stream) return;
  stream = new EventSource(`/live?topics=${encodeURIComponent(topics)}`);
  stream.topics = topics;
  stream.addEventListener("open", () => {
    state("on");
    // Whatever happened while nobody listened.
    for (const region of regions) region.refresh();
  });
  stream.addEventListener("changed", (event) => {
    for (const region of regions) if (region.topics.includes(event.data)) region.refresh(TOGETHER);
  });
  stream.addEventListener("error", () => {
    state("away");
    // Signed out, perhaps: the browser tries again by itself unless the answer was no stream.
    if (stream?.readyState === EventSource.CLOSED) {
      stream = undefined;
      setTimeout(listen, 5000);
    }
  });
}

document.addEventListener("visibilitychange", listen);
customElements.define("live-region", LiveRegion);
