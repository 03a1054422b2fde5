// A form that is on its way says so and is not sent again; the server would do nothing twice either way.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "preferences" in form.dataset) return;
  if ("sent" in form.dataset) return event.preventDefault();
  form.dataset.sent = "";
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  // After this turn, because a button that is off sends no value of its own.
  setTimeout(() => button?.setAttribute("data-busy", ""));
});

// Back shows the page as it was left: what was on its way then is not any more.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-busy]")) delete button.dataset.busy;
});

// A filter that is one of a list narrows the list down as soon as it is chosen.
document.addEventListener("change", (event) => {
  if (event.target.matches("form.filters select")) event.target.form.requestSubmit();
});
