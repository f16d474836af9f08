// Leaves a page at once: blanks it, and puts another one in its place in the history. The link does so, and the
// Shift key, pressed PRESSES times.

const link = document.querySelector(".leave__link");
const PRESSES = 3;
const WITHIN = 5000; // milliseconds for all presses
let presses = []; // the times of the presses, in milliseconds

function leave() {
  const address = link.href;
  // Until the other page has loaded, neither the tab nor the window shows this one.
  document.title = link.hostname;
  document.body.textContent = ""; // browsers of before 2021 don't know replaceChildren()
  location.replace(address);
}

link.addEventListener("click", (event) => {
  leave();
  event.preventDefault(); // last: if leave() fails, the link still leads away
});

document.addEventListener("keyup", (event) => {
  const now = event.timeStamp;
  // With any other key in between, somebody is typing.
  presses = event.key === "Shift" ? [...presses.filter((press) => now - press < WITHIN), now] : [];
  if (presses.length === PRESSES) leave();
});
