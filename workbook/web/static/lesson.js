import { by, el, onNews } from "./desk.js";

const lesson = document.querySelector("[data-step]");
const section = (id) => by(`exercise-${id}`);

// ---- A file and line that a message names

const EDITOR = "workbook.editor";
let chosen = "";
try { chosen = localStorage.getItem(EDITOR) || ""; } catch { /* A browser may forbid it. */ }

const COPIED = 4000;
async function copy(place, name) {
  const said = by("copied");
  try {
    await navigator.clipboard.writeText(place);
    said.textContent = `Copied: ${name}`;
    setTimeout(() => (said.textContent = ""), COPIED);
  } catch {
    said.textContent = place;  // It can be copied by hand.
  }
}

function placed(pieces) {
  return pieces.map((piece) => {
    if (typeof piece === "string") return piece;
    if (chosen === "vscode") return el("a", { className: "place", href: piece.url, title: "Open in Visual Studio Code" }, piece.text);
    const button = el("button", { className: "place", type: "button", title: `Copy ${piece.place}` }, piece.text, el("span", { className: "unseen" }, " (copy its path)"));
    button.addEventListener("click", () => copy(piece.place, piece.text));
    return button;
  });
}

// ---- Hints

function showHints(id, count) {
  const hints = [...section(id).querySelectorAll(".hint")];
  hints.forEach((hint, number) => hint.toggleAttribute("data-later", number >= count));
  let more = section(id).querySelector(".more");
  if (!more && hints.length) {
    more = el("p", { className: "more" }, el("button", { type: "button" }), el("span", { role: "status" }));
    more.querySelector("button").addEventListener("click", () => takeHint(id));
    section(id).querySelector(".hints").append(more);
  }
  if (!more) return;
  const button = more.querySelector("button");
  button.hidden = count >= hints.length;
  button.textContent = `Show hint ${count + 1} of ${hints.length}`;
  section(id).dataset.hints = count;
}

async function takeHint(id) {
  const seen = Number(section(id).dataset.hints);
  const answer = await fetch(`/live/hints/${id}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ seen }),
  }).catch(() => null);
  const remark = section(id).querySelector(".more span");
  if (!answer?.ok) {
    remark.textContent = " The workbook does not answer. Is it still running?";
    return;
  }
  const taken = await answer.json();
  remark.textContent = taken.remark;
  showHints(id, taken.hints);
  const hint = section(id).querySelectorAll(".hint")[taken.hints - 1];
  hint.open = true;
  hint.querySelector("summary").focus();
}

// ---- States and verdicts

const shown = new Map();  // By exercise: the verdict in the page, so that an open part of it stays open.

function showVerdict(id, verdict) {
  const now = JSON.stringify([verdict, chosen]);
  if (shown.get(id) === now) return;
  shown.set(id, now);
  const place = section(id).querySelector(".verdict");
  place.hidden = !verdict;
  if (!verdict) return place.replaceChildren();
  place.replaceChildren(
    ...verdict.parts.map((part) => el("p", {}, ...(part.label ? [el("b", {}, `${part.label}: `)] : []), ...placed(part.pieces))),
  );
  if (!verdict.drawing) return;
  const drawing = el("pre", { className: "drawing", tabIndex: 0 }, verdict.drawing);
  place.append(el("details", {}, el("summary", {}, "Your flow beside the expected one"), ...(verdict.difference ? [el("p", {}, verdict.difference)] : []), drawing));
}

function showState(exercise, open) {
  const link = by("verdicts").querySelector(`[data-exercise="${exercise.id}"]`);
  for (const place of [link, section(exercise.id).querySelector(".state")]) {
    place.dataset.kind = exercise.kind;
    place.querySelector(".sign").textContent = exercise.sign;
    place.querySelector(".words").textContent = exercise.words;
  }
  link.toggleAttribute("aria-current", false);
  if (exercise.id === open) link.setAttribute("aria-current", "step");
}

const said = new Map();  // By exercise: the state that a screen reader was told last.
function tellChanges(exercises) {
  const changed = [];
  for (const { id, kind, words } of exercises) {
    if (kind === "checking") continue;
    if (said.has(id) && said.get(id) !== words) changed.push(`${id} ${words}.`);
    said.set(id, words);
  }
  if (changed.length) by("changes").textContent = changed.join(" ");
}

let latest = null, asked = 0;
function show(state) {
  latest = state;
  by("checking").textContent = state.checking ? "checking…" : "";
  by("points").textContent = state.points;
  if (by("app-error")) {
    by("app-error").hidden = !state.app_error;
    const now = JSON.stringify([state.app_error, chosen]);
    if (shown.get("app") !== now) by("app-error").replaceChildren(...placed(state.app_error || []));
    shown.set("app", now);
  }
  for (const exercise of state.exercises) {
    if (!section(exercise.id)) continue;
    showState(exercise, state.open);
    showVerdict(exercise.id, exercise.verdict);
    showHints(exercise.id, exercise.hints);
  }
  tellChanges(state.exercises);
}

async function refresh() {
  const number = ++asked;
  const answer = await fetch(`/live/verdicts?step=${lesson.dataset.step}`);
  const state = await answer.json();
  if (number === asked) show(state);
}

function offerEditors() {
  by("editor-choice").hidden = false;
  by("editor").value = chosen;
  by("editor").addEventListener("change", () => {
    chosen = by("editor").value;
    try { localStorage.setItem(EDITOR, chosen); } catch { /* It holds for this page only. */ }
    if (latest) show(latest);
  });
}

if (lesson) {
  if (by("editor")) offerEditors();
  by("verdicts").addEventListener("keydown", (event) => {
    const links = [...by("verdicts").querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (to === undefined || at < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    links[Math.max(0, Math.min(to, links.length - 1))].focus();
  });
  onNews("verdicts", refresh);
  // `hint` in a terminal tells no page: look again when the person comes back to this one.
  window.addEventListener("focus", () => refresh().catch(() => {}));
}
