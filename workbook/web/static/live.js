"use strict";

// Everything that comes from an app is put into the page as text, never as markup.
const el = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
const by = (id) => document.getElementById(id);

function showMessages(messages) {
  const open = new Set([...document.querySelectorAll("#messages details")].flatMap((d, i) => (d.open ? [i] : [])));
  by("nothing").hidden = messages.length > 0;
  by("messages").replaceChildren(
    ...messages.map((message, i) => {
      const title = `${message.from} → ${message.to}: ${message.title}`;
      if (!message.details.length) return el("li", {}, title);
      const list = el("dl");
      for (const detail of message.details) {
        list.append(el("dt", {}, detail.name));
        const value = el("dd", {}, detail.value);
        if (detail.meaning) value.append(el("span", { className: "meaning" }, `${detail.meaning} (${detail.source})`));
        list.append(value);
      }
      return el("li", {}, el("details", { open: open.has(i) }, el("summary", {}, title), list));
    }),
  );
}

// Drawing takes a second or more, and a login is a burst of messages: a picture is asked for when they have paused,
// one at a time. Until the newest is there, the one before it is shown as old.
const PAUSE = 300;
let drawn = -1, drawing = false, wanted = null;
async function showDiagram(version, messages) {
  wanted = { version, count: messages.length };
  by("diagram").setAttribute("aria-busy", "true");
  if (drawing) return;
  drawing = true;
  while (wanted && wanted.version !== drawn) {
    const { version: now, count } = wanted;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (wanted.version !== now) continue;
    if (count === 0) by("diagram").hidden = true;
    else {
      const answer = await fetch("/live/diagram.svg").catch(() => null);
      if (answer && answer.ok) {
        const image = new Image();
        image.alt = "The sequence diagram of these messages; the list below has the same in words.";
        image.src = URL.createObjectURL(await answer.blob());
        await image.decode().catch(() => {});
        const old = by("diagram").querySelector("img");
        by("diagram").replaceChildren(image);
        if (old) URL.revokeObjectURL(old.src);
        by("diagram").dataset.messages = count;
        by("diagram").hidden = false;
      }
    }
    drawn = now;
  }
  by("diagram").setAttribute("aria-busy", "false");
  drawing = false;
}

function showVerdicts(state) {
  if (!by("verdicts")) return;
  by("checking").textContent = state.checking ? "checking…" : "";
  by("app-error").hidden = !state.app_error;
  by("app-error").textContent = state.app_error || "";
  if (!state.verdicts) return;
  by("verdicts").replaceChildren(
    ...state.verdicts.steps.flatMap((step) => step.exercises).map((verdict) => {
      const sign = verdict.passed ? "✓" : verdict.waits_for ? "·" : "✗";
      const name = `${sign} ${verdict.id} ${verdict.title}` + (verdict.waits_for ? ` (waits for ${verdict.waits_for})` : "");
      const row = el("li", {}, el("span", { className: verdict.passed ? "passed" : verdict.waits_for ? "" : "failed" }, name));
      if (!verdict.passed && !verdict.waits_for) {
        const at = verdict.message.indexOf("\n\n");
        row.append(el("pre", {}, at < 0 ? verdict.message : verdict.message.slice(0, at)));
        if (at >= 0) row.append(el("details", {}, el("summary", {}, "Your flow beside the expected one"), el("pre", { className: "drawing" }, verdict.message.slice(at + 2))));
      }
      return row;
    }),
  );
}

let latest = "";
async function refresh() {
  const state = await (await fetch("/live/state")).json();
  if (state.run !== document.body.dataset.run) return location.reload();
  showVerdicts(state);
  const said = JSON.stringify(state.messages);
  if (said === latest) return;
  latest = said;
  showMessages(state.messages);
  showDiagram(state.version, state.messages);
}

// A browser opens few connections to one host: a page that nobody sees does not keep one.
const AGAIN = 2000;
let events = null;
function follow() {
  if (document.hidden) { events?.close(); events = null; return; }
  if (events) return;
  events = new EventSource("/live/events");
  events.onopen = () => (by("stopped").hidden = true);
  events.onmessage = () => refresh().catch(() => {});
  events.onerror = () => {
    by("stopped").hidden = false;
    if (events?.readyState !== EventSource.CLOSED) return;  // It tries again by itself.
    events = null;
    setTimeout(follow, AGAIN);
  };
}
document.addEventListener("visibilitychange", follow);
by("forget").addEventListener("click", () => fetch("/live/forget", { method: "POST" }));
follow();
