// The button “Copy the link” of a story: data-copy is the address, data-copied the message. Where the browser
// refuses to copy, the address is shown, to be copied by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  const status = button.parentElement.querySelector("[role=status]");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      status.textContent = button.dataset.copied;
    } catch {
      status.textContent = button.dataset.copy;
    }
  });
}
