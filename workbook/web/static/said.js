import { by, el, onNews } from "./desk.js";

const asJson = (answer) => (answer.ok ? answer.json() : Promise.reject(answer));
const send = (url, order) =>
  fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(order) });

// The login that is shown, and its version; `chosen` is null as long as the newest is shown, whichever that is.
let chosen = null, shown = "", number = null, marked = null, compared = "";

// The picture comes from the workbook, which escapes all that an app has said. It has no script and no style.
const picture = (svg) => document.adoptNode(new DOMParser().parseFromString(svg, "text/html").querySelector("svg"));

const line = (message) => `${message.from} → ${message.to}: ${message.title}`;

function options(select, first, groups, value) {
  const wanted = JSON.stringify([groups, value]);
  if (select.dataset.has === wanted) return;
  select.dataset.has = wanted;
  select.replaceChildren(
    ...first,
    ...groups.filter(([, all]) => all.length).map(([label, all]) => {
      const made = all.map((one) => el("option", { value: one.value }, one.text));
      return label ? [el("optgroup", { label }, ...made)] : made;
    }).flat(),
  );
  select.value = value;
}

function showLogins({ logins, expected }) {
  by("nothing").hidden = logins.length > 0;
  by("login-tools").hidden = by("how").hidden = logins.length === 0;
  if (!logins.length) {
    chosen = number = null;
    shown = compared = "";
    by("diagram").hidden = true;
    by("diagram").replaceChildren();
    showNoComparison();
    by("messages").replaceChildren();
    return;
  }
  const newest = logins.at(-1).number;
  if (!logins.some((one) => one.number === chosen)) chosen = null;
  number = chosen ?? newest;
  const own = logins.toReversed().map((one) => ({ value: String(one.number), text: one.title }));
  options(by("logins"), [], [["", own]], String(number));
  if (!own.some((one) => one.value === compared) && !expected.some((one) => one.name === compared)) compared = "";
  if (compared === String(number)) compared = "";
  options(by("beside"), [el("option", { value: "" }, "no other flow")], [
    ["In the chapter", expected.map((one) => ({ value: one.name, text: one.title }))],
    ["Your logins", own.filter((one) => one.value !== String(number))],
  ], compared);
  by("save-svg").href = `/live/said/${number}/flow.svg`;
  by("save-mmd").href = `/live/said/${number}/flow.mmd`;
  by("name").placeholder = logins.find((one) => one.number === number).title;
}

function mark() {
  for (const group of document.querySelectorAll("#diagram .message")) {
    const here = Number(group.dataset.number) === marked;
    group.classList.toggle("parts", here);
    group.setAttribute("aria-label", group.dataset.label + (here ? " (the first difference)" : ""));
  }
  document.querySelectorAll("#messages li").forEach((item, i) => (item.querySelector(".parts-sign").hidden = i + 1 !== marked));
}

// The arrow that the Tab key comes to; the arrow keys go on from there.
let current = 1;
function comeTo(wanted, focus) {
  const groups = [...document.querySelectorAll("#diagram .message")];
  if (!groups.length) return;
  current = Math.min(Math.max(wanted, 1), groups.length);
  groups.forEach((group, i) => group.setAttribute("tabindex", i + 1 === current ? "0" : "-1"));
  if (focus) groups[current - 1].focus();
}

// Puts `fresh` elements in the place of those that a box has. What is the same stays, with the focus in it.
const drawnAs = new WeakMap();
function renew(box, fresh, same) {
  const old = [...box.children];
  fresh.forEach((node, i) => {
    const now = same(node, i);
    if (old[i] && drawnAs.get(old[i]) === now) return;
    drawnAs.set(node, now);
    if (old[i]) old[i].replaceWith(node);
    else box.append(node);
  });
  old.slice(fresh.length).forEach((node) => node.remove());
}

function showLogin({ svg, messages }) {
  const focused = by("diagram").contains(document.activeElement);
  const drawn = picture(svg);
  drawn.querySelectorAll("title, desc").forEach((words) => words.remove());
  const parts = [...drawn.children];
  for (const group of drawn.querySelectorAll(".message")) {
    group.setAttribute("role", "button");
    group.dataset.label = `${group.dataset.number}. ${line(messages[group.dataset.number - 1])}`;
  }
  let frame = by("diagram").querySelector("svg");
  if (!frame) by("diagram").append((frame = drawn.cloneNode()));
  for (const name of ["width", "height", "viewBox"]) frame.setAttribute(name, drawn.getAttribute(name));
  frame.setAttribute("aria-label", "The messages as a sequence diagram");
  frame.removeAttribute("aria-labelledby");
  renew(frame, parts, (part) => part.outerHTML);
  by("diagram").dataset.messages = messages.length;
  by("diagram").hidden = false;
  const active = document.activeElement?.closest?.("#messages li");
  const place = active ? [...by("messages").children].indexOf(active) : -1;
  const items = messages.map((message, i) => {
    const button = el("button", { type: "button" }, line(message));
    button.addEventListener("click", () => read(i + 1));
    const sign = el("span", { className: "parts-sign", hidden: true }, "▶ the first difference: ");
    return el("li", {}, sign, button, ...(message.details.length ? [el("small", {}, message.details.join(", "))] : []));
  });
  renew(by("messages"), items, (_, i) => JSON.stringify(messages[i]));
  comeTo(current, focused);
  by("messages").children[place]?.querySelector("button").focus();
  mark();
}

by("diagram").addEventListener("click", (event) => {
  const group = event.target.closest(".message");
  if (!group) return;
  comeTo(Number(group.dataset.number), true);
  read(current);
});
by("diagram").addEventListener("keydown", (event) => {
  if (!event.target.closest(".message")) return;
  const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 1, End: Infinity }[event.key];
  if (to !== undefined) comeTo(to, true);
  else if (event.key === "Enter" || event.key === " ") read(current);
  else return;
  event.preventDefault();
});

// A whole message.
const fact = (one, className = "note") => el("span", { className }, `${one.sentence} (${one.source})`);

let readFrom = null;

async function read(wanted, of = number) {
  const message = await fetch(`/live/said/${of}/${wanted}`).then(asJson).catch(() => null);
  if (!message) return;
  const dialog = by("message");
  const go = (text, to) => {
    const button = el("button", { type: "button", disabled: to < 1 || to > message.count }, text);
    button.addEventListener("click", () => read(to, of));
    return button;
  };
  const close = el("button", { type: "button" }, "Close");
  close.addEventListener("click", () => dialog.close());
  const parts = message.parts.flatMap((part) => [
    el("dt", {}, part.name),
    el("dd", {}, part.value, el("span", { className: "note" }, part.place), ...(part.meaning ? [fact(part.meaning)] : [])),
  ]);
  const list = el("dl");
  list.append(...parts);
  // A value that is in the message twice is spoken of once.
  const secrets = [...new Map(message.parts.filter((part) => part.secret).map((part) => [`${part.name} ${part.place}`, part])).values()];
  const headers = message.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  dialog.replaceChildren(
    el("div", { className: "bar" }, go("Previous message", wanted - 1), go("Next message", wanted + 1), close),
    el("h2", { id: "message-title", tabIndex: -1 }, `${wanted}. ${line({ from: message.sender, to: message.receiver, title: message.title })}`),
    el("pre", {}, message.first_line),
    ...(headers ? [el("h3", {}, "Headers"), el("pre", {}, headers)] : []),
    ...(message.body ? [el("h3", {}, "Body"), el("pre", {}, message.body)] : []),
    ...(parts.length ? [el("h3", {}, "Its parameters and fields"), list] : []),
    el("h3", {}, "What of this is secret, and who could see it"),
    ...(secrets.length
      ? [el("p", {}, "Both ends of the arrow see all of it. This page shows secrets by name only: a name such as ‹access token› replaces the value.")]
      : [el("p", {}, "This message has no parameter, field or cookie that is known to be secret.")]),
    ...secrets.map((part) => {
      const seen = el("ul");
      seen.append(...part.seen.map((one) => el("li", {}, fact(one, ""))));
      return el("div", { className: "secret" }, el("h4", {}, `${part.name}, ${part.place}`), el("p", {}, fact(part.secret, "")), el("p", {}, "Who else could see it:"), seen);
    }),
  );
  if (!dialog.open) {
    readFrom = { inDiagram: by("diagram").contains(document.activeElement), wanted };
    dialog.showModal();
  }
  dialog.scrollTop = 0;
  by("message-title").focus();
}
// The browser gives the focus back, unless the arrow was drawn anew meanwhile.
by("message").addEventListener("close", () => {
  const lost = document.activeElement === document.body || by("message").contains(document.activeElement);
  if (!lost || !readFrom) return;
  if (readFrom.inDiagram) comeTo(readFrom.wanted, true);
  else by("messages").children[readFrom.wanted - 1]?.querySelector("button").focus();
});
by("message").addEventListener("click", (event) => event.target === by("message") && by("message").close());

// A login beside another flow.
function showNoComparison() {
  marked = null;
  by("parted").textContent = "";
  by("compared").replaceChildren();
  mark();
}

async function compare() {
  if (!compared) return showNoComparison();
  const told = await fetch(`/live/said/${number}/beside?width=${width - 40}&flow=${encodeURIComponent(compared)}`).then(asJson).catch(() => null);
  if (!told) return;
  const column = (heading, side) => {
    const list = el("ol");
    list.append(...side.messages.map((message, i) =>
      i + 1 === side.mark
        ? el("li", { className: "parts" }, el("span", { className: "parts-sign" }, "▶ the first difference: "), line(message),
            ...(message.details.length ? [el("small", {}, ` ${message.details.join(", ")}`)] : []))
        : el("li", {}, line(message))));
    return el("div", {}, el("h3", {}, heading), list);
  };
  const drawn = picture(told.other.svg);
  drawn.setAttribute("role", "img");
  drawn.querySelectorAll(".message").forEach((group) => group.classList.toggle("parts", Number(group.dataset.number) === told.other.mark));
  const frame = el("div", { className: "picture", tabIndex: 0 }, drawn);
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", `The diagram of ${told.other.title}`);
  const was = by("compared").querySelector("details");
  by("compared").replaceChildren(
    ...(told.chapter ? [el("p", {}, "The chapter's flow is recorded from the finished step. Your own pages and extra messages do not count as a difference.")] : []),
    el("div", { className: "two" },
      column(told.chapter ? `Expected: ${told.other.title}` : told.other.title, told.other),
      column(told.chapter ? `Yours: ${told.mine.title}` : told.mine.title, told.mine)),
    el("details", { open: was?.open ?? false }, el("summary", {}, `The diagram of “${told.other.title}”`), frame),
  );
  // It is a live region: a screen reader says it.
  by("parted").textContent = told.sentence;
  marked = told.mine.mark;
  mark();
}

let asking = 0;
async function refresh() {
  const mine = ++asking;
  const asked = chosen === null ? "" : `&login=${chosen}`;
  const told = await fetch(`/live/said?shown=${shown}&width=${width}${asked}`).then(asJson);
  if (mine !== asking) return;
  showLogins(told);
  if (told.login) {
    shown = told.shown;
    showLogin(told.login);
    if (compared) await compare();
  }
}
onNews("said", refresh);

// The picture is drawn as wide as its box, so that its text keeps its size.
let width = boxWidth(), resized = 0;
function boxWidth() { return Math.floor(by("diagram").parentElement.clientWidth) - 2; }
new ResizeObserver(() => {
  clearTimeout(resized);
  resized = setTimeout(() => {
    if (Math.abs(boxWidth() - width) < 8) return;
    width = boxWidth();
    shown = "";
    refresh();
  }, 100);
}).observe(by("diagram").parentElement);

by("logins").addEventListener("change", () => {
  chosen = Number(by("logins").value);
  // The newest one goes on to the next newest.
  if (chosen === Number(by("logins").options[0].value)) chosen = null;
  refresh().then(compare);
});
by("beside").addEventListener("change", () => {
  compared = by("beside").value;
  compare();
});
by("rename").addEventListener("click", () => {
  by("naming").hidden = !by("naming").hidden;
  by("rename").setAttribute("aria-expanded", String(!by("naming").hidden));
  if (!by("naming").hidden) by("name").focus();
});
by("naming").addEventListener("submit", async (event) => {
  event.preventDefault();
  await send(`/live/said/${number}/name`, { name: by("name").value });
  by("name").value = "";
  by("naming").hidden = true;
  by("rename").setAttribute("aria-expanded", "false");
  by("rename").focus();
});
by("forget").addEventListener("click", () => send("/live/forget", {}));

// What the app printed. The last line may still grow, so it is asked for again.
const MOST_LINES = 1000;
let next = 1;
onNews("printed", async () => {
  const { first, lines } = await fetch(`/live/printed?since=${Math.max(next - 1, 1)}`).then(asJson);
  if (!lines.length) return;
  const box = by("printed");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  if (first < next) box.lastChild?.remove();
  box.append(...lines.map((text) => el("span", {}, `${text}\n`)));
  while (box.childNodes.length > MOST_LINES) box.firstChild.remove();
  next = first + lines.length;
  by("nothing-printed").hidden = true;
  box.hidden = false;
  if (atEnd) box.scrollTop = box.scrollHeight;
  // An app that prints without an end leaves the page time for other things.
  await new Promise((resolve) => setTimeout(resolve, 100));
});
