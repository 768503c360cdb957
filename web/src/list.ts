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

// news keeps a list up to date from its first row on, in whatever order it stands: what
// is new comes in at its top and says so.
function news(table: HTMLTableElement): void {
  const stream = table.dataset["live"];
  const rows = table.dataset["rows"];
  if (!stream || !rows) return;
  let newest = table.dataset["newest"] ?? "0";
  let busy = false;
  let again = false;
  const sign = document.getElementById("news");

  const fetchRows = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      await htmx.ajax("GET", `${rows}${rows.includes("?") ? "&" : "?"}after=${newest}`, { target: "#rows", swap: "afterbegin" });
      tidy();
    } while (again);
    busy = false;
  };
  // tidy drops the older rows of findings that came again.
  const tidy = () => {
    const seen = new Map<string, HTMLElement>();
    let came = 0;
    for (const row of table.querySelectorAll<HTMLElement>(".row")) {
      const id = row.dataset["id"] ?? "";
      const first = seen.get(id);
      if (first) {
        // Who stands on the older row stays on the finding.
        if (row.contains(document.activeElement)) first.querySelector<HTMLElement>("a.open")?.focus({ preventScroll: true });
        else if (row.classList.contains("selected")) first.classList.add("selected");
        row.remove();
        continue;
      }
      seen.set(id, row);
      const changed = row.dataset["changed"] ?? "0";
      if (BigInt(changed) > BigInt(newest)) newest = changed;
      if (row.classList.contains("fresh") && !row.dataset["told"]) {
        row.dataset["told"] = "yes";
        came++;
      }
    }
    const sentence = document.getElementById("rows")?.dataset["came"];
    if (came > 0 && sentence) announce(sentence.replace("{n}", String(came)));
  };

  const source = new EventSource(stream);
  source.addEventListener("open", () => sign && (sign.hidden = false));
  source.addEventListener("error", () => sign && (sign.hidden = true));
  source.addEventListener("changed", () => void fetchRows());
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
}
