// The desk by keyboard: j and k move through a list or the actions of a case, Enter opens (they are links), u goes back, / to the search,
// ? tells all this. Ctrl+Enter sends the form whose long text is being written.
// Single keys can be turned off, as speech input needs it (WCAG 2.1.4); the choice stays in this browser.

const OFF = "keys-off";
const help = document.querySelector("[data-keys]");
const on = help?.querySelector("input");
const rows = [...document.querySelectorAll("[data-row]")];

const keys = {
  j: () => step(1),
  k: () => step(-1),
  u: () => document.querySelector(".govuk-back-link")?.click(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => {
    if (!help) return;
    help.open = true;
    help.querySelector("summary").focus();
  },
};

function step(by) {
  const now = rows.indexOf(document.activeElement);
  rows[now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + by, 0), rows.length - 1)]?.focus();
}

if (on) {
  on.checked = localStorage.getItem(OFF) === null;
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) event.target.form.requestSubmit();
  const writing = event.target.closest("input, textarea, select") && event.target !== on;
  if (writing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF) !== null) return;
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});
