// The keys that hold everywhere (PAGES.md). They never fire while somebody types, nor
// with a modifier, which belongs to the browser.
/** What a key does; false: nothing this time, so that the browser may. */
type Action = () => void | false;

const bound = new Map<string, Action>();

/** Binds a key, for the life of the page. */
export function bind(key: string, action: Action): void {
  bound.set(key, action);
}

/** Says something to those who listen to the page. */
export function announce(text: string): void {
  const place = document.getElementById("announce");
  if (place) place.textContent = text;
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function keys(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#keys");
  const button = document.querySelector<HTMLButtonElement>("[data-help]");
  const search = document.querySelector<HTMLInputElement>("#search");
  if (button && dialog) {
    button.hidden = false;
    button.addEventListener("click", () => dialog.showModal());
    bind("?", () => dialog.showModal());
  }
  bind("/", () => {
    search?.focus();
    search?.select();
  });
  bind("Escape", () => {
    const back = document.querySelector<HTMLAnchorElement>("[data-back]");
    if (!back) return false;
    // The browser's own way back keeps the row that one came from.
    if (document.referrer === back.href && history.length > 1) history.back();
    else back.click();
    return undefined;
  });

  let after = ""; // g, while its second key is awaited
  let timer = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (typing(event.target)) {
      if (event.key === "Escape") (event.target as HTMLElement).blur();
      return;
    }
    if (dialog?.open || document.querySelector("details.menu[open]")) return;
    if (after === "g") {
      after = "";
      clearTimeout(timer);
      const link = [...document.querySelectorAll<HTMLAnchorElement>("[data-go]")].find((a) => a.dataset["go"] === event.key);
      if (link) {
        event.preventDefault();
        link.click();
      }
      return;
    }
    if (event.key === "g") {
      after = "g";
      timer = window.setTimeout(() => (after = ""), 1500);
      return;
    }
    const action = bound.get(event.key);
    if (action && action() !== false) event.preventDefault();
  });
}
