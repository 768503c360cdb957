// Photos: space looks at the next one, large; a click or Enter on one shows that one.
import { bind } from "./keys";

export function photos(): void {
  const all = () => [...document.querySelectorAll<HTMLElement>("[data-photos] figure")];
  if (all().length === 0) return;
  const enlarge = (figure: HTMLElement | undefined) => {
    for (const other of all()) other.classList.toggle("large", other === figure);
    figure?.scrollIntoView({ block: "nearest" });
  };
  bind(" ", () => {
    if (document.activeElement?.matches("a, button, summary, [tabindex]:not(main)")) return false;
    const list = all();
    const at = list.findIndex((f) => f.classList.contains("large"));
    enlarge(list[at + 1]);
    return undefined;
  });
  const missing = document.querySelector<HTMLElement>("[data-photos]")?.dataset["missing"] ?? "";
  for (const figure of all()) {
    const image = figure.querySelector("img");
    const fail = () => {
      if (figure.classList.contains("missing")) return;
      figure.classList.add("missing");
      figure.querySelector("figcaption")?.append(` · ${missing}`);
    };
    if (image?.complete && image.naturalWidth === 0) fail();
    image?.addEventListener("error", fail);
    // The link leads to the photo by itself; here it grows in its place.
    figure.querySelector("a")?.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      enlarge(figure.classList.contains("large") ? undefined : figure);
    });
  }
}
