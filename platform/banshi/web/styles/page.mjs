// On every page: tell the styles that scripts run, then wake the GOV.UK components that are on it.
// Button, CharacterCount and ErrorSummary are put before these lines by tools/build_static.mjs.

document.body.classList.add("js-enabled", "govuk-frontend-supported");

const components = { "govuk-button": Button, "govuk-character-count": CharacterCount, "govuk-error-summary": ErrorSummary };
for (const [name, Component] of Object.entries(components)) {
  for (const element of document.querySelectorAll(`[data-module="${name}"]`)) new Component(element);
}

// A page to print has a button for it where scripts run; without them its words say how.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// The page for "we cannot answer at this moment" goes on by itself as soon as we can.
const back = document.querySelector("[data-come-back]");
if (back) {
  const ask = async () => {
    const answer = await fetch("/health").catch(() => null);
    if (answer?.ok) location.replace(back.dataset.comeBack);
    else setTimeout(ask, 5000);
  };
  setTimeout(ask, 5000);
}
