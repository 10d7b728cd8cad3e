// Holds the script of the page: keys and pointer choose a node, whose details are shown.

/** It changes classes, attributes and the focus, and writes no text. Without it the page shows all details. */
export const PAGE_SCRIPT: string = `
"use strict";
document.documentElement.classList.add("scripted");
let isFirst = true;
for (const section of document.querySelectorAll("section")) {
  const nodes = [...section.querySelectorAll("[role=treeitem]")];
  const details = [...section.querySelectorAll(".detail")];
  const above = (i) => Number(nodes[i].dataset.above ?? i);
  let chosen = -1;
  const choose = (i, focus) => {
    if (nodes[i] === undefined) return;
    if (chosen >= 0) {
      nodes[chosen].setAttribute("tabindex", "-1");
      nodes[chosen].setAttribute("aria-selected", "false");
      details[chosen].classList.remove("shown");
    }
    chosen = i;
    nodes[i].setAttribute("tabindex", "0");
    nodes[i].setAttribute("aria-selected", "true");
    details[i].classList.add("shown");
    if (focus) nodes[i].focus();
  };
  const cause = Number(section.dataset.cause);
  const moves = {
    ArrowDown: () => chosen + 1,
    ArrowUp: () => chosen - 1,
    ArrowLeft: () => above(chosen),
    ArrowRight: () => nodes.findIndex((node) => Number(node.dataset.above ?? -1) === chosen),
    Home: () => 0,
    End: () => nodes.length - 1,
    c: () => cause,
  };
  section.querySelector("[role=tree]").addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || !Object.hasOwn(moves, event.key)) return;
    event.preventDefault();
    choose(moves[event.key](), true);
  });
  nodes.forEach((node, i) => node.addEventListener("click", () => choose(i, true)));
  choose(cause, isFirst);
  isFirst = false;
}
`;
