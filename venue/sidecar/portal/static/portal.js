// What the portal's pages do beside htmx: dialogs, messages, and parts that are shown anew as the venue changes.
// A part is an element with data-live="name:arguments" and an id. It comes by one stream for the page; every 15 seconds,
// and by "Reload now", each is asked for as well, so that a browser without the stream shows the present too.
"use strict";

const EVERY_MS = 15000;
const LONGEST_LIST = 12000;  // characters of a file: some more than a form may have of symbols
const CHOSEN = "portal-chosen";
const state = { source: null, parts: "", isLive: false };

Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");

const liveElements = () => [...document.querySelectorAll("[data-live]")];

function show(part, text, record) {
  const element = liveElements().find((one) => one.dataset.live === part);
  if (element && element.dataset.kind === "data") {
    element.dispatchEvent(new CustomEvent("portal-data", { detail: JSON.parse(text) }));
  } else if (element) {
    const active = document.activeElement;  // what is being typed stays; a button under the focus may become another
    const around = [];
    for (let one = element.contains(active) && active.parentElement; one; one = one.parentElement) around.push(one);
    Idiomorph.morph(element, text, { ignoreActiveValue: Boolean(active && active.matches("input, textarea, select")) });
    const shown = document.getElementById(element.id);
    htmx.process(shown);
    if (around.length && !active.isConnected) {  // the button under the focus is gone: go on at what stands there now
      const near = around.find((one) => one.isConnected && shown.contains(one)) || shown;
      const next = near === shown ? null : near.querySelector("button, a[href]");
      if (!next) near.tabIndex = -1;
      (next || near).focus();
    }
  }
  if (record) document.getElementById("record").textContent = record.toLocaleString("en-GB");
}

function say(isLive, words = isLive ? "Live" : "Shown anew every 15 seconds") {
  state.isLive = isLive;
  const element = document.getElementById("live-state");
  if (!element) return;
  element.classList.toggle("is-live", isLive);
  const target = element.querySelector(".words");
  if (target.textContent !== words) target.textContent = words;
}

function follow() {
  const parts = liveElements().map((one) => one.dataset.live);
  const query = parts.map((part) => `part=${encodeURIComponent(part)}`).join("&");
  if (query === state.parts && state.source && state.source.readyState !== EventSource.CLOSED) return;
  if (state.source) state.source.close();
  state.parts = query;
  if (!parts.length) return;
  const source = (state.source = new EventSource(`/portal/live?${query}`));
  source.addEventListener("open", () => say(true));
  source.addEventListener("error", () => say(false));
  source.addEventListener("end", () => {  // logged out, or with other roles: what is being typed can be read until it is closed
    source.close();
    if (!dialog().open) return window.location.reload();
    reload();
    dialog().addEventListener("close", () => window.location.reload(), { once: true });
  });
  source.addEventListener("part", (event) => {
    const { part, text, record } = JSON.parse(event.data);
    show(part, text, record);
  });
}

async function reload() {
  const headers = { "HX-Request": "true", "HX-Current-URL": window.location.href };
  await Promise.all(liveElements().map(async (element) => {
    const part = element.dataset.live;
    const answer = await fetch(`/portal/part?part=${encodeURIComponent(part)}`, { headers });
    const door = answer.headers.get("HX-Redirect");
    if (door && dialog().open) say(false, "Your session has ended: log in again");  // what is being typed can be read still
    else if (door) window.location.assign(door);
    else if (answer.ok) show(part, await answer.text(), Number(answer.headers.get("X-As-Of")));
    if (answer.ok) follow();  // a stream that was refused while the venue was away begins anew
  })).catch(() => say(false, "The venue does not answer; it is asked again every 15 seconds"));
}

// Dialogs: what comes into #dialog-content opens it; a change that was made closes it.
const dialog = () => document.getElementById("dialog");

document.addEventListener("htmx:afterSettle", (event) => {  // by then what is in it does what it says
  if (event.detail.target.id === "dialog-content") {
    if (!dialog().open) dialog().showModal();
    dialog().querySelectorAll("[data-enables]").forEach(enable);
    const wanted = dialog().querySelector("[aria-invalid]:not(:disabled), [data-first]:not(:disabled)");
    const first = wanted || dialog().querySelector("input:not([type=hidden]):not(:disabled), select, textarea, .buttons button");
    if (first) first.focus();
    if (wanted && wanted.select) wanted.select();
  }
});
// What takes seconds says so at once, in the dialog in which its answer will stand; who closes it waits no more.
document.addEventListener("htmx:beforeRequest", (event) => {
  const asker = event.detail.elt;
  if (!asker.dataset.waits) return;
  const content = document.getElementById("dialog-content");
  content.replaceChildren(document.getElementById("waiting").content.cloneNode(true));
  content.querySelector("#dialog-title").textContent = asker.dataset.waits;
  if (!dialog().open) dialog().showModal();
  dialog().addEventListener("close", () => htmx.trigger(asker, "htmx:abort"), { once: true });
});
document.addEventListener("htmx:afterSettle", follow);
document.addEventListener("portal-done", () => { dialog().close(); reload(); });
document.addEventListener("htmx:sendError", () => tell("The venue does not answer. Nothing was changed as far as is known: try again."));
document.addEventListener("htmx:beforeSwap", (event) => {  // what is typed in a dialog stays, and is told there what is wrong
  const { xhr } = event.detail;
  if (xhr.status < 400 || (xhr.status < 500 && !dialog().open)) return;
  event.detail.shouldSwap = false;
  const said = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".toast p");
  tell(said ? said.textContent : "The venue could not do that: its log tells why.");
});
document.addEventListener("htmx:beforeOnLoad", (event) => {  // the same where the session has ended: first it can be read
  const door = event.detail.xhr.status === 401 && event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!door || !dialog().open) return;
  event.preventDefault();
  tell("Your session has ended, and nothing was changed. Keep what you need of this, close it, and log in again.");
  dialog().addEventListener("close", () => window.location.assign(door), { once: true });
});

function tell(text) {  // in the dialog, where one is open: what is behind it cannot be read
  const note = document.createElement("div");
  note.className = dialog().open ? "notice level-breached" : "toast level-breached";
  note.setAttribute("role", "alert");
  note.textContent = text;
  if (!dialog().open) {
    const dismiss = document.createElement("button");
    dismiss.dataset.dismiss = "";
    dismiss.textContent = "Dismiss";
    note.append(" ", dismiss);
    return document.getElementById("toasts").append(note);
  }
  note.classList.add("unsent");
  const waiting = dialog().querySelector(".waiting");
  if (waiting) {
    document.getElementById("dialog-title").textContent = "There is no answer";
    return waiting.replaceWith(note);
  }
  dialog().querySelectorAll(".unsent").forEach((one) => one.remove());
  document.getElementById("dialog-content").append(note);
  note.scrollIntoView({ block: "nearest" });
}

function enable(box) {
  const field = document.getElementById(box.dataset.enables);
  if (field) field.disabled = !box.checked;
}

document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.dataset.enables) enable(target);
  const form = target.closest("form[data-autosubmit]");
  if (!form) return;
  sessionStorage.setItem(CHOSEN, JSON.stringify([target.name, target.value, target.type === "checkbox"]));
  form.requestSubmit();
});

// What was chosen from makes the page anew: whoever works by keyboard goes on where they were.
function goOn() {
  const kept = sessionStorage.getItem(CHOSEN);
  if (!kept) return;
  sessionStorage.removeItem(CHOSEN);
  const [name, value, isOfSeveral] = JSON.parse(kept);
  const same = (one) => one.name === name && (!isOfSeveral || one.value === value);
  const field = [...document.querySelectorAll("form[data-autosubmit] input, form[data-autosubmit] select")].find(same);
  if (field) field.focus();
}

document.addEventListener("input", (event) => {  // a range is told as it is typed; the venue itself looks at all of it
  const field = event.target;
  if (!("checked" in field.dataset)) return;
  const says = document.getElementById(`${field.id}-says`);
  if (says.textContent !== field.validationMessage) says.textContent = field.validationMessage;
  if (field.validity.valid) field.removeAttribute("aria-invalid"); else field.setAttribute("aria-invalid", "true");
});
document.addEventListener("change", async (event) => {  // a list may come from a file: it is read here, and can be looked at
  const { files, dataset } = event.target;
  if (!dataset.fills || !files.length) return;
  const text = (await files[0].text()).replaceAll('"', " ").replace(/^\s*symbols?\s/i, "");  // a column may have its title
  document.getElementById(dataset.fills).value = text.trim().slice(0, LONGEST_LIST);
});
document.addEventListener("submit", (event) => { if ("download" in event.target.dataset) setTimeout(() => dialog().close()); });
document.addEventListener("click", (event) => {
  const target = event.target.closest("button");
  if (!target) return;
  if ("close" in target.dataset) dialog().close();
  if ("dismiss" in target.dataset) target.closest(".toast").remove();
  if ("reload" in target.dataset) reload();
});

document.addEventListener("DOMContentLoaded", () => {
  follow();
  goOn();
  document.querySelectorAll("nav [aria-current='page']").forEach((one) => one.scrollIntoView({ block: "nearest" }));
  setInterval(() => { if (!document.hidden) reload(); }, EVERY_MS);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes)
      if (node.classList && node.classList.contains("toast") && node.classList.contains("level-normal"))
        setTimeout(() => node.remove(), 8000);
  }).observe(document.getElementById("toasts"), { childList: true });
});
