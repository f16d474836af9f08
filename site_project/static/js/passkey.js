// Asks the browser for a passkey, or to make one, and sends its answer with the form. The form's data-passkey has
// the options, from accounts/passkeys.py. In JSON, binary values are written in base64url.

const fromBase64Url = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const toBase64Url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=/g, "");
// The binary values of an answer, in a new passkey or in the use of one.
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

// Returns the browser's answer as JSON. Options with a user are for a new passkey.
async function askBrowser(options) {
  options.challenge = fromBase64Url(options.challenge);
  for (const known of [...(options.allowCredentials ?? []), ...(options.excludeCredentials ?? [])]) {
    known.id = fromBase64Url(known.id);
  }
  let credential;
  if (options.user) {
    options.user.id = fromBase64Url(options.user.id);
    credential = await navigator.credentials.create({ publicKey: options });
  } else {
    credential = await navigator.credentials.get({ publicKey: options });
  }
  const given = PARTS.filter((part) => credential.response[part]);
  const response = Object.fromEntries(given.map((part) => [part, toBase64Url(credential.response[part])]));
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
      form.elements.passkey.value = await askBrowser(JSON.parse(form.dataset.passkey));
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
