import { by, el, onNews } from "./desk.js";

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

let latest = "", version = 0;
onNews("said", async () => {
  const { messages } = await (await fetch("/live/said")).json();
  const said = JSON.stringify(messages);
  if (said === latest) return;
  latest = said;
  showMessages(messages);
  showDiagram(++version, messages);
});
by("forget").addEventListener("click", () => fetch("/live/forget", { method: "POST" }));
