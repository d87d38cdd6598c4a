// The desk by keyboard, as the sheet at /desk/keys tells it: j and k move through a list or the actions of a case, Enter opens (they are
// links), x ticks, u goes back, / to the search, g and a letter to a list, ? to the keys. Ctrl+Enter sends the form being written.
// Single keys can be turned off, as speech input needs it (WCAG 2.1.4); the choice stays in this browser.

const OFF = "keys-off";
const PLACES = { m: "/desk", d: "/desk/department", a: "/desk/all" };
const help = document.querySelector("[data-keys]");
const on = document.querySelector("[data-keys-on]");
let going = false; // g was the key before

const keys = {
  j: () => step(1),
  k: () => step(-1),
  x: () => document.activeElement?.closest("tr")?.querySelector("[data-tick]")?.click(),
  u: () => document.querySelector(".govuk-back-link")?.click(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => {
    if (!help) return location.assign("/desk/keys");
    help.open = true;
    help.querySelector("summary").focus();
  },
};

function step(by) {
  const rows = [...document.querySelectorAll("[data-row]")]; // anew each time: what is found changes while somebody types
  const row = document.activeElement?.closest("tr");
  const now = rows.findIndex((r) => r === document.activeElement || (row && row.contains(r)));
  rows[now < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + by, 0), rows.length - 1)]?.focus();
}

if (on) {
  on.checked = localStorage.getItem(OFF) === null;
  on.addEventListener("change", () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) event.target.form.requestSubmit();
  const writing = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select");
  if (writing || event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF) !== null) return;
  const place = going && PLACES[event.key];
  going = event.key === "g";
  if (place) location.assign(place);
  if (place || going || keys[event.key]) event.preventDefault();
  if (!place && keys[event.key]) keys[event.key]();
});

// All on a page at once; what all of the list is for, the single ticks are not.
const ticks = [...document.querySelectorAll("[data-tick]")];
const page = document.querySelector("[data-tick-all]");
const every = document.querySelector("[data-tick-every]");
page?.addEventListener("change", () => ticks.forEach((tick) => (tick.checked = page.checked)));
every?.addEventListener("change", () => [page, ...ticks].forEach((tick) => (tick.disabled = every.checked)));

// What was found while somebody typed goes when they turn to something else, and does not come back with an answer that was on its way.
const found = document.querySelector("#bar-found");
const bar = found?.closest("form");
let closed = false; // by Escape, until they type on
const forget = () => found.replaceChildren();
bar?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  closed = true;
  bar.querySelector("input").focus(); // it would be lost with the line that it is on
  forget();
});
bar?.addEventListener("input", () => (closed = false));
bar?.addEventListener("focusout", (event) => event.relatedTarget && !bar.contains(event.relatedTarget) && forget());
document.addEventListener("click", (event) => bar && !bar.contains(event.target) && forget());
found?.addEventListener("htmx:beforeSwap", (event) => {
  if (closed || !bar.contains(document.activeElement)) event.detail.shouldSwap = false;
});
