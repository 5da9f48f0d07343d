/* Shows the current step of a diagram that is larger than its box, else its start; without script one scrolls. */
for (const box of document.querySelectorAll(".diagram-box, .ed-map, .version-picture")) {
  const step = box.querySelector(".d-box.d-current") ?? box.querySelector(".d-box.d-fault") ?? box.querySelector(".d-box.d-start");
  if (step) {
    const [inner, outer] = [step.getBoundingClientRect(), box.getBoundingClientRect()];
    box.scrollTop = inner.top - outer.top - (outer.height - inner.height) / 2;
    box.scrollLeft = inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}
