// What the portal's pages do beside htmx: dialogs, messages, and parts that are shown anew as the venue changes.
// A part is an element with data-live="name:arguments" and an id. It comes by one stream for the page; every 15 seconds,
// and by "Reload now", each is asked for as well, so that a browser without the stream shows the present too.
"use strict";

const EVERY_MS = 15000;
const state = { source: null, parts: "", isLive: false };

Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");

const liveElements = () => [...document.querySelectorAll("[data-live]")];

function show(part, text, record) {
  const element = liveElements().find((one) => one.dataset.live === part);
  if (element && element.dataset.kind === "data") {
    element.dispatchEvent(new CustomEvent("portal-data", { detail: JSON.parse(text) }));
  } else if (element) {
    const active = document.activeElement;  // what is being typed stays; a button under the focus may become another
    Idiomorph.morph(element, text, { ignoreActiveValue: Boolean(active && active.matches("input, textarea, select")) });
    htmx.process(document.getElementById(element.id));
  }
  if (record) document.getElementById("record").textContent = record.toLocaleString("en-GB");
}

function say(isLive) {
  state.isLive = isLive;
  const element = document.getElementById("live-state");
  if (!element) return;
  element.classList.toggle("is-live", isLive);
  const words = isLive ? "Live" : "Shown anew every 15 seconds";
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
  source.addEventListener("end", () => { source.close(); window.location.reload(); });
  source.addEventListener("part", (event) => {
    const { part, text, record } = JSON.parse(event.data);
    show(part, text, record);
  });
}

async function reload() {
  await Promise.all(liveElements().map(async (element) => {
    const part = element.dataset.live;
    const answer = await fetch(`/portal/part?part=${encodeURIComponent(part)}`, { headers: { "HX-Request": "true" } });
    const door = answer.headers.get("HX-Redirect");
    if (door) window.location.assign(door);
    else if (answer.ok) show(part, await answer.text(), Number(answer.headers.get("X-As-Of")));
  }));
}

// Dialogs: what comes into #dialog-content opens it; a change that was made closes it.
const dialog = () => document.getElementById("dialog");

document.addEventListener("htmx:afterSettle", (event) => {  // by then what is in it does what it says
  if (event.detail.target.id === "dialog-content") {
    if (!dialog().open) dialog().showModal();
    const first = dialog().querySelector("[aria-invalid], input:not([type=hidden]):not(:disabled), select, textarea, .buttons button");
    if (first) first.focus();
    dialog().querySelectorAll("[data-enables]").forEach(enable);
  }
});
document.addEventListener("htmx:afterSettle", follow);
document.addEventListener("portal-done", () => { dialog().close(); reload(); });
document.addEventListener("htmx:responseError", () => { if (dialog().open) dialog().close(); });
document.addEventListener("htmx:sendError", () => { say(false); });

function enable(box) {
  const field = document.getElementById(box.dataset.enables);
  if (field) field.disabled = !box.checked;
}

document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.dataset.enables) enable(target);
  const form = target.closest("form[data-autosubmit]");
  if (form) form.requestSubmit();
});
document.addEventListener("input", (event) => {  // a range is told as it is typed; the venue itself looks at all of it
  const field = event.target;
  if (!("checked" in field.dataset)) return;
  const says = document.getElementById(`${field.id}-says`);
  if (says.textContent !== field.validationMessage) says.textContent = field.validationMessage;
  if (field.validity.valid) field.removeAttribute("aria-invalid"); else field.setAttribute("aria-invalid", "true");
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
  setInterval(() => { if (!document.hidden) reload(); }, EVERY_MS);
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes)
      if (node.classList && node.classList.contains("toast") && node.classList.contains("level-normal"))
        setTimeout(() => node.remove(), 8000);
  }).observe(document.getElementById("toasts"), { childList: true });
});
