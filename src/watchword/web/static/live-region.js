// A part of a page that is fetched again when something that it shows has changed.
//
// One stream tells of all topics, and only while the page is looked at: browsers allow six connections to one host.

import { become, part } from "./fetching.js";

const regions = new Set();
const TOGETHER = 150;
let stream;

class LiveRegion extends HTMLElement {
  connectedCallback() {
    regions.add(this);
    this.addEventListener("time-over", () => this.refresh(TOGETHER));
    // What it shows may depend on a field, whose name and value it then asks with.
    this.field = document.getElementById(this.dataset.with ?? "");
    this.field?.addEventListener("change", () => this.refresh());
    const every = Number(this.dataset.every);
    if (every) this.beat = setInterval(() => !document.hidden && this.refresh(), every * 1000);
    listen();
  }

  disconnectedCallback() {
    regions.delete(this);
    clearInterval(this.beat);
    listen();
  }

  get source() {
    const { field } = this;
    return field ? `${this.dataset.source}?${new URLSearchParams({ [field.name]: field.value })}` : this.dataset.source;
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
