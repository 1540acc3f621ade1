// What both halves of the desk use: elements, and news from the workbook.

// Everything that comes from an app is put into the page as text, never as markup.
export const el = (tag, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
};
export const by = (id) => document.getElementById(id);

const listeners = { said: [], verdicts: [], printed: [] };
const seen = { said: -1, verdicts: -1, printed: -1 };

// `refresh` is called now and at each change of `kind`: "said", "verdicts" or "printed". One call at a time; the last news are never missed.
export function onNews(kind, refresh) {
  let running = false, again = false;
  listeners[kind].push(async () => {
    again = true;
    if (running) return;
    running = true;
    while (again) {
      again = false;
      await refresh().catch(() => {});
    }
    running = false;
  });
}

function told(event) {
  const news = JSON.parse(event.data);
  if (news.run !== document.body.dataset.run) return location.reload();
  for (const kind of Object.keys(seen)) {
    if (news[kind] === seen[kind]) continue;
    seen[kind] = news[kind];
    listeners[kind].forEach((listener) => listener());
  }
}

// A browser opens few connections to one host: a page that nobody sees does not keep one.
const AGAIN = 2000;
let events = null;
function follow() {
  if (document.hidden) { events?.close(); events = null; return; }
  if (events) return;
  events = new EventSource("/live/events");
  events.onopen = () => (by("stopped").hidden = true);
  events.onmessage = told;
  events.onerror = () => {
    by("stopped").hidden = false;
    if (events?.readyState !== EventSource.CLOSED) return;  // It tries again by itself.
    events = null;
    setTimeout(follow, AGAIN);
  };
}
document.addEventListener("visibilitychange", follow);
// The modules of the two halves are loaded before this event: they listen by then.
document.addEventListener("DOMContentLoaded", follow);
