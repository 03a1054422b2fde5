// How it looks changes at once; the cookie is for the next page.

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (!("preferences" in form.dataset) || button?.name !== "look") return;
  event.preventDefault();
  document.documentElement.dataset.look = button.value;
  for (const one of form.querySelectorAll("[name=look]")) one.setAttribute("aria-pressed", String(one === button));
  fetch(form.action, { method: "POST", body: new URLSearchParams([...new FormData(form), [button.name, button.value]]), redirect: "manual" });
});
