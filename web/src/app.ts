// What a script adds to pages that work without one: keys, news in lists, the panel
// beside a list, photos in turn. No part of it takes text for markup.
import { keys } from "./keys";
import { list } from "./list";
import { menus } from "./menus";
import { more } from "./more";
import { photos } from "./photos";

document.addEventListener("DOMContentLoaded", () => {
  keys();
  menus();
  list();
  more();
  photos();
});
