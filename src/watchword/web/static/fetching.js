// Parts of pages. They come as documents, which the browser parses without running anything in them and without our
// ever turning a text into markup: no Trusted Types policy is needed, so none may exist.

export function part(address, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("X-Part", "1");
    request.onload = () => {
      const ours = new URL(request.responseURL).pathname === new URL(address, location.href).pathname;
      if (request.status === 200 && ours && request.response) resolve(request.response.body);
      else reject(new Error(`${address} answered ${request.status}`));
    };
    request.onerror = () => reject(new Error(`${address} cannot be reached`));
    signal?.addEventListener("abort", () => request.abort());
    request.send();
  });
}

// Make `target` hold what `source` holds, and touch only what differs: focus, selection and open details stay.
export function become(target, source) {
  const known = new Map();
  for (const child of target.children) if (child.dataset.key) known.set(child.dataset.key, child);
  let place = target.firstChild;
  for (const wanted of [...source.childNodes]) {
    const key = wanted.dataset?.key;
    const mine = key === undefined ? place : known.get(key);
    if (mine && alike(mine, wanted)) {
      if (mine !== place) target.insertBefore(mine, place);
      place = mine.nextSibling;
      if (mine.nodeType === Node.ELEMENT_NODE) {
        take(mine, wanted);
        become(mine, wanted);
      } else if (mine.nodeValue !== wanted.nodeValue) mine.nodeValue = wanted.nodeValue;
    } else {
      const made = document.importNode(wanted, true);
      if (key !== undefined) made.dataset.fresh = "";
      target.insertBefore(made, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function alike(mine, wanted) {
  return mine.nodeType === wanted.nodeType && mine.nodeName === wanted.nodeName && mine.dataset?.key === wanted.dataset?.key;
}

const OURS = new Set(["open", "data-fresh"]);

function take(mine, wanted) {
  for (const { name } of [...mine.attributes]) if (!wanted.hasAttribute(name) && !OURS.has(name)) mine.removeAttribute(name);
  for (const { name, value } of wanted.attributes) {
    if (mine.getAttribute(name) !== value && !(name === "value" && mine === document.activeElement)) mine.setAttribute(name, value);
  }
}
