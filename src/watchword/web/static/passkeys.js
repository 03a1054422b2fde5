// Passkeys: the one thing here that cannot be done without JavaScript. The server says what to ask the browser for, and
// judges what it answers.
//
// <passkey-button data-ask data-answer data-csrf data-kind="get|create" data-onto data-failed> holds a button, which is
// shown where the browser knows passkeys, and a place for what went wrong.

class PasskeyButton extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.run());
  }

  async run() {
    const button = this.querySelector("button");
    this.say("");
    button.setAttribute("data-busy", "");
    try {
      const options = await this.send(this.dataset.ask, {});
      const publicKey =
        this.dataset.kind === "create"
          ? PublicKeyCredential.parseCreationOptionsFromJSON(options)
          : PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const made =
        this.dataset.kind === "create"
          ? await navigator.credentials.create({ publicKey })
          : await navigator.credentials.get({ publicKey });
      const label = document.getElementById(this.dataset.label)?.value ?? "";
      const { to } = await this.send(this.dataset.answer, { answer: made.toJSON(), next: this.dataset.onto, label });
      location.assign(to);
    } catch (error) {
      this.say(error instanceof Refused ? error.message : this.dataset.failed);
    } finally {
      button.removeAttribute("data-busy");
    }
  }

  async send(address, document_) {
    const response = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrf-token": this.dataset.csrf },
      body: JSON.stringify(document_),
    });
    const told = await response.json();
    if (!response.ok) throw new Refused(told.refused ?? told.detail ?? this.dataset.failed);
    return told;
  }

  say(words) {
    const place = this.querySelector("[role=alert]");
    place.textContent = words;
    place.hidden = !words;
  }
}

class Refused extends Error {}

customElements.define("passkey-button", PasskeyButton);
