// The inspection form where the network comes and goes. Every answer is kept on the telephone with the moment at which it was noted, shown as
// not sent yet, and sent as soon as there is a network; what the server has is forgotten here. Without this module the form saves by its buttons.

const sheet = document.querySelector("[data-inspection]");
const bar = document.querySelector("[data-bar]");
const say = sheet.dataset;
const place = `inspection:${say.inspection}`;
const items = new Map([...sheet.querySelectorAll("[data-item]")].map((item) => [item.dataset.item, item]));
const RETRY = [2, 5, 10, 30];

let waiting = kept(); // code: {finding, remark, at}
let pictures = []; // {form, files}: while this page is open
let busy = false;
let failures = 0;
let trouble = "";
let timer = 0;

function kept() {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? {};
  } catch {
    return {};
  }
}

function keep() {
  try {
    if (Object.keys(waiting).length) localStorage.setItem(place, JSON.stringify(waiting));
    else localStorage.removeItem(place);
  } catch {
    // The browser keeps nothing: the answers live as long as the page, and the bar says that they are not sent.
  }
}

const radio = (item, value) => item.querySelector(`input[type=radio][value="${value}"]`);
const answer = (item) => item.querySelector("input[type=radio]:checked")?.value ?? "";
const remark = (item) => item.querySelector("textarea[name^=remark]");

function fill(item, finding, text) {
  const chosen = radio(item, finding);
  if (chosen) chosen.checked = true;
  remark(item).value = text;
}

function tell(code, text, open) {
  const state = items.get(code)?.querySelector("[data-state]");
  if (!state) return;
  state.textContent = text;
  state.classList.toggle("look__state--waiting", open);
}

function show() {
  const count = Object.keys(waiting).length + pictures.length;
  const lines = [count ? say.sayWaiting.replace("{count}", count) : say.saySent];
  if (trouble) lines.push(trouble);
  else if (count && (!navigator.onLine || failures)) lines.push(say.sayOffline);
  bar.hidden = false;
  const text = lines.join(". ");
  if (bar.textContent !== text) bar.textContent = text;
  bar.classList.toggle("onsite__bar--waiting", count > 0);
  document.querySelector("[data-answered]").textContent = [...items.values()].filter(answer).length;
}

function note(item) {
  const code = item.dataset.item;
  const finding = answer(item);
  if (!finding) return; // words alone are no answer yet: they stay in their field
  waiting[code] = { finding, remark: remark(item).value.trim(), at: new Date().toISOString() };
  keep();
  tell(code, say.sayOne, true);
  show();
  send(400);
}

function send(after = 0) {
  clearTimeout(timer);
  timer = setTimeout(flush, after);
}

async function flush() {
  if (busy) return;
  if (!Object.keys(waiting).length && !pictures.length) return show();
  busy = true;
  try {
    if (Object.keys(waiting).length) await sendAnswers();
    while (pictures.length && !trouble) await sendPictures(pictures[0]);
    failures = 0;
  } catch {
    failures += 1;
  }
  busy = false;
  show();
  if (trouble || !(Object.keys(waiting).length || pictures.length)) return;
  send(1000 * (failures ? RETRY[Math.min(failures, RETRY.length) - 1] : 0.2));
}

async function sendAnswers() {
  const sent = structuredClone(waiting);
  const body = new URLSearchParams({ _csrf_token: say.token, key: crypto.randomUUID?.() ?? String(Math.random()) });
  for (const [code, one] of Object.entries(sent)) {
    body.set(`finding.${code}`, one.finding);
    body.set(`remark.${code}`, one.remark);
    body.set(`at.${code}`, one.at);
  }
  const told = await ask(say.save, body);
  if (!told) return;
  const newer = new Set(told.newer);
  for (const [code, one] of Object.entries(sent)) {
    if (waiting[code]?.at !== one.at) continue; // it was changed again meanwhile
    delete waiting[code];
    tell(code, newer.has(code) ? say.sayNewer : say.sayOneSent, false);
  }
  keep();
}

async function sendPictures(one) {
  const body = new FormData();
  for (const file of one.files) body.append("files", file);
  const told = await ask(one.form.action, body);
  if (told) {
    pictures = pictures.filter((other) => other !== one);
    const code = one.form.dataset.photo;
    tell(code, say.sayOneSent, false);
    const list = items.get(code).querySelector("[data-pictures]");
    list.replaceChildren(...told.pictures.map((address, n) => picture(address, `${code} ${n + 1}`)));
  }
}

function picture(address, name) {
  const link = Object.assign(document.createElement("a"), { href: address });
  link.append(Object.assign(document.createElement("img"), { src: `${address}/preview`, alt: name, width: 96, height: 72 }));
  return link;
}

// What the server answers; undefined where it refuses, which is told and not tried again by itself. No network is an error, and is.
async function ask(address, body) {
  const answered = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" });
  if (answered.status >= 500 || answered.status === 429) throw new Error(String(answered.status));
  const json = answered.headers.get("content-type")?.includes("json") ? await answered.json() : {};
  if (answered.ok) {
    trouble = "";
    return json;
  }
  trouble = json.problem ?? json.detail ?? say.saySignin;
}

for (const [code, one] of Object.entries(waiting)) {
  const item = items.get(code);
  if (!item) continue;
  fill(item, one.finding, one.remark);
  tell(code, say.sayOne, true);
}

sheet.addEventListener("change", (event) => {
  const item = event.target.closest("[data-item]");
  if (!item || event.target.type === "file") return;
  trouble = "";
  note(item);
});
sheet.addEventListener("input", (event) => {
  const item = event.target.closest("[data-item]");
  if (item && event.target.matches("textarea")) note(item);
});
sheet.addEventListener("submit", (event) => {
  event.preventDefault();
  trouble = "";
  send();
  const next = event.target.nextElementSibling;
  if (next) next.scrollIntoView({ block: "start" });
});
for (const form of document.querySelectorAll("[data-photo]")) {
  const take = (files) => {
    if (!files.length) return;
    trouble = "";
    pictures.push({ form, files: [...files] });
    tell(form.dataset.photo, say.sayPicture, true);
    show();
    send();
  };
  const input = document.querySelector(`input[type=file][form="${form.id}"]`);
  input.addEventListener("change", () => {
    take(input.files);
    input.value = "";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector(`button[form="${form.id}"]`).hidden = true; // a picture is sent when it is chosen
}
addEventListener("online", () => send());
addEventListener("offline", show);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  trouble = "";
  send();
});
addEventListener("beforeunload", (event) => pictures.length && event.preventDefault());

show();
send();
