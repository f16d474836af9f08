// Asks the browser for a passkey, or to make one, and sends its answer with the form.

const fromText = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

async function ask(options) {
  options.challenge = fromText(options.challenge);
  for (const known of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) {
    known.id = fromText(known.id);
  }
  let credential;
  if (options.user) {
    options.user.id = fromText(options.user.id);
    credential = await navigator.credentials.create({ publicKey: options });
  } else {
    credential = await navigator.credentials.get({ publicKey: options });
  }
  const given = PARTS.filter((part) => credential.response[part]);
  const response = Object.fromEntries(given.map((part) => [part, toText(credential.response[part])]));
  return JSON.stringify({ id: credential.id, rawId: credential.id, type: credential.type, response });
}

function start(form) {
  const button = form.querySelector("[type=submit]");
  const failed = form.querySelector("[data-passkey-failed]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    button.disabled = true;
    try {
      form.elements.passkey.value = await ask(JSON.parse(form.dataset.passkey));
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
  form.hidden = false;
}

if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-passkey-absent]").forEach((note) => note.remove());
  document.querySelectorAll("form[data-passkey]").forEach(start);
}
