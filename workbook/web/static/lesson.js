import { by, el, onNews } from "./desk.js";

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

onNews("verdicts", async () => showVerdicts(await (await fetch("/live/verdicts")).json()));
