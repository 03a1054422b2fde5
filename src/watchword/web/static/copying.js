// Buttons that copy a text.

import { toast } from "./toasts.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(button.dataset.said);
  } catch {
    // No clipboard outside of a secure context: mark the text, so that it is copied with the keyboard.
    const text = button.parentElement.querySelector("code");
    if (text) getSelection().selectAllChildren(text);
  }
});
