// Times on the screen go on: how long ago, how long still. The server has written all of them once already.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = document.cookie.split("; ").find((pair) => pair.startsWith("watchword-zone="));
if (zone && known !== `watchword-zone=${zone}`) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `watchword-zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  if (!known) localize();
}

// The very first page of a browser was made before its zone was known.
function localize() {
  const language = document.documentElement.lang;
  const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "long" });
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(language, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  for (const element of document.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    element.title = exact.format(at);
    if ("exact" in element.dataset) element.textContent = element.title;
    else if (!("ago" in element.dataset) && !("left" in element.dataset)) {
      element.textContent = (at.toDateString() === new Date().toDateString() ? time : day).format(at);
    }
  }
}

const words = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always" });
const SIZES = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function ago(seconds) {
  const [unit, size] = SIZES.find(([, size]) => Math.abs(seconds) >= (size === 1 ? 0 : size * 0.85)) ?? SIZES.at(-1);
  return words.format(Math.round(seconds / size) || 0, unit);
}

function left(seconds) {
  const two = (value) => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  return minutes >= 60
    ? `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

// The machine at the screen may be wrong about the time: what counts is how long ago the page was made.
const offset = (() => {
  const made = Date.parse(document.body.dataset.now ?? "");
  return Number.isNaN(made) ? 0 : made - performance.timeOrigin - performance.now();
})();
const now = () => performance.timeOrigin + performance.now() + offset;

function tick() {
  for (const element of document.querySelectorAll("time[data-ago]")) {
    put(element, ago(Math.min(0, (Date.parse(element.dateTime) - now()) / 1000)));
  }
  for (const element of document.querySelectorAll("time[data-left]")) {
    const seconds = Math.max(0, Math.round((Date.parse(element.dateTime) - now()) / 1000));
    put(element, left(seconds));
    const bar = element.parentElement.querySelector("progress");
    if (bar) bar.value = seconds;
    if (seconds === 0 && !("over" in element.dataset)) {
      element.dataset.over = "";
      element.dispatchEvent(new CustomEvent("time-over", { bubbles: true }));
    }
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

setInterval(tick, 1000);
