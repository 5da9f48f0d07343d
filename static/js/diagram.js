/* Shows what matters of a diagram that is larger than its box: the current steps, made smaller where they do not
   fit beside each other; else what is marked, or the first of it; else the start. Without script one scrolls. */
(() => {
  const BOXES = ".diagram-box, .ed-map, .version-picture";
  const MATTERS = [".d-box.d-current", ".d-box.d-fault, .d-box.d-example", ".d-box.d-added, .d-box.d-removed, .d-box.d-changed", ".d-box.d-start"];
  const SMALLEST = 0.6;
  const READABLE = 0.72;
  const ROOM = 32;

  const around = (steps) => {
    const areas = steps.map((step) => step.getBoundingClientRect());
    const [left, top] = [Math.min(...areas.map((one) => one.left)), Math.min(...areas.map((one) => one.top))];
    const [right, bottom] = [Math.max(...areas.map((one) => one.right)), Math.max(...areas.map((one) => one.bottom))];
    return { left, top, width: right - left, height: bottom - top };
  };
  const show = (box) => {
    const svg = box.querySelector("svg.diagram");
    if (!svg || !box.clientWidth) return;
    let steps = MATTERS.map((one) => [...box.querySelectorAll(one)]).find((found) => found.length);
    if (!steps) return;
    const inner = around(steps);
    const scale = Math.min(box.clientWidth / (inner.width + ROOM), box.clientHeight / (inner.height + ROOM));
    if (scale < 1 && !steps[0].matches(".d-current")) {
      steps = [steps[0]];
    } else if (scale < 1) {
      for (const side of ["width", "height"]) svg.setAttribute(side, Math.round(svg.viewBox.baseVal[side] * Math.max(scale, SMALLEST)));
    }
    const [found, outer] = [around(steps), box.getBoundingClientRect()];
    box.scrollTop += found.top - outer.top - (outer.height - found.height) / 2;
    box.scrollLeft += found.left - outer.left - (outer.width - found.width) / 2;
  };
  /* "Show all of it" stops where its words could not be read any more; from there on one scrolls. */
  const keepReadable = (svg) => {
    for (const [side, name] of [["width", "wide"], ["height", "high"]]) svg.style.setProperty(`--d-least-${name}`, `${svg.viewBox.baseVal[side] * READABLE}px`);
  };
  const showAll = (root) => {
    root.querySelectorAll("svg.diagram").forEach(keepReadable);
    root.querySelectorAll(BOXES).forEach(show);
  };
  showAll(document);
  document.addEventListener("htmx:load", (event) => showAll(event.target));
  document.addEventListener("change", (event) => {
    if (event.target.closest(".diagram-aspicture")) showAll(event.target.closest(".diagram-part"));
  });
})();
