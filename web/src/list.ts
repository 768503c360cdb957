// A list of findings: j and k go through it, the panel beside it shows the one in
// focus where there is room, and what is found meanwhile comes in at its top.
import { announce, bind } from "./keys";

const wide = matchMedia("(min-width: 1280px)");

export function list(): void {
  const table = document.querySelector<HTMLTableElement>("table[data-list]");
  if (!table) return;
  const links = () => [...table.querySelectorAll<HTMLAnchorElement>(".row a.open")];
  const current = () => links().findIndex((a) => a.closest(".row")?.classList.contains("selected"));

  const select = (link: HTMLAnchorElement) => {
    for (const row of table.querySelectorAll(".row.selected")) row.classList.remove("selected");
    link.closest(".row")?.classList.add("selected");
  };
  const move = (by: number) => {
    const all = links();
    const at = current();
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (next) {
      next.focus();
      next.closest(".row")?.scrollIntoView({ block: "nearest" });
      // At the end of what is there, the rest is fetched before it is missed.
      if (next === all.at(-1)) table.querySelector<HTMLAnchorElement>("#more a")?.click();
    }
  };
  bind("j", () => move(1));
  bind("k", () => move(-1));
  // Enter goes to the row that j and k chose, also when the focus went elsewhere since.
  bind("Enter", () => {
    if (document.activeElement !== document.body) return false;
    links()[current()]?.click();
    return undefined;
  });

  let timer = 0;
  table.addEventListener("focusin", (event) => {
    const link = event.target;
    if (!(link instanceof HTMLAnchorElement) || !link.classList.contains("open")) return;
    select(link);
    if (!wide.matches) return;
    clearTimeout(timer);
    const id = link.closest<HTMLElement>(".row")?.dataset["id"];
    // Not for each row that is passed on the way.
    timer = window.setTimeout(() => {
      if (id) void htmx.ajax("GET", `/findings/${encodeURIComponent(id)}/panel`, { target: "#panel", swap: "innerHTML" });
    }, 120);
  });

  news(table);
}

// news keeps a list up to date, in whatever order it stands: what is new or changed
// comes in at its top, what does not belong any more leaves. Only while it is looked at:
// a browser has few connections to one server.
function news(table: HTMLTableElement): void {
  const stream = table.dataset["live"];
  const rows = table.dataset["rows"];
  const body = document.getElementById("rows");
  if (!stream || !rows || !body) return;
  const restTime = 3000; // between two questions, however much changes
  const sayTime = 10_000; // between two announcements
  const sign = document.getElementById("news");
  const count = document.getElementById("count");
  const usual = !new URLSearchParams(location.search).get("order");
  let newest = BigInt(table.dataset["newest"] ?? "0");
  let source: EventSource | undefined;
  let busy = false;
  let again = false;
  let came = 0;

  const ask = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      await htmx.ajax("GET", `${rows}${rows.includes("?") ? "&" : "?"}after=${newest}`, { target: "#rows", swap: "afterbegin" });
    } finally {
      tidy();
      setTimeout(() => {
        busy = false;
        if (again) {
          again = false;
          void ask();
        }
      }, restTime);
    }
  };

  // tidy puts what came in beside what was there: the same row again is dropped, a newer
  // one takes the place of the older, marks take their rows away.
  const tidy = () => {
    const total = body.querySelector<HTMLElement>("tr.total");
    if (total && count) count.textContent = total.dataset["total"] ?? "";
    for (const row of body.querySelectorAll(".total")) row.remove();
    for (const row of [...body.querySelectorAll(".more:not(#more)")].slice(1)) row.remove();
    // In the usual order what did not change after the last row stands further down.
    const last = usual && body.querySelector("#more") ? [...body.querySelectorAll<HTMLElement>(".row:not(.fresh)")].at(-1) : undefined;
    const below = BigInt(last?.dataset["changed"] ?? "0");
    for (const row of body.querySelectorAll<HTMLElement>(".gone, .fresh:not([data-told])")) {
      const changed = BigInt(row.dataset["changed"] ?? "0");
      if (changed > newest) newest = changed;
      const old = [...body.querySelectorAll<HTMLElement>(".row")].find((r) => r !== row && r.dataset["id"] === row.dataset["id"]);
      if (row.classList.contains("gone") || (old && BigInt(old.dataset["changed"] ?? "0") >= changed)) {
        if (row.classList.contains("gone")) old?.remove();
        row.remove();
        continue;
      }
      if (!old && changed <= below) {
        row.remove();
        continue;
      }
      row.dataset["told"] = "yes";
      came++;
      if (!old) continue;
      // Who stands on the older row stays on the finding.
      if (old.classList.contains("selected")) row.classList.add("selected");
      if (old.contains(document.activeElement)) row.querySelector<HTMLElement>("a.open")?.focus({ preventScroll: true });
      old.remove();
    }
    say();
  };

  let silent = false;
  const say = () => {
    if (came === 0 || silent) return;
    announce((body.dataset["came"] ?? "").replace("{n}", String(came)));
    came = 0;
    silent = true;
    setTimeout(() => {
      silent = false;
      say();
    }, sayTime);
  };

  const follow = () => {
    if (document.hidden || source) return;
    source = new EventSource(stream);
    source.addEventListener("open", () => sign && (sign.hidden = false));
    source.addEventListener("error", () => sign && (sign.hidden = true));
    source.addEventListener("changed", () => void ask());
  };
  const leave = () => {
    source?.close();
    source = undefined;
    if (sign) sign.hidden = true;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", follow);
  follow();
}
