// More rows: who asked for them goes on at the first one that came, where the keyboard
// would else begin the page anew.
export function more(): void {
  let last: Element | null = null; // the row before those that were asked for
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("#more a") : null;
    if (link) last = link === document.activeElement ? (link.closest("#more")?.previousElementSibling ?? null) : null;
  }, true);
  document.addEventListener("htmx:after:settle", () => {
    const row = last?.nextElementSibling;
    if (!(row instanceof HTMLElement) || row.id === "more") return;
    last = null;
    if (document.activeElement && document.activeElement !== document.body) return; // went elsewhere meanwhile
    const link = row.querySelector<HTMLElement>("a.open");
    if (!link) row.tabIndex = -1;
    (link ?? row).focus({ preventScroll: true });
  });
}
