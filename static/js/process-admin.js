// Editing page of a process version: offers the names of steps and fields while they are being typed, and
// tells the style sheet the kind of each step. Without it the page works the same, only less comfortably.
(function () {
  "use strict";
  const STEP_NAME = /^steps-\d+-name$/;
  const STEP_KIND = /^steps-\d+-kind$/;
  const FIELD_LABEL = /^fields-\d+-(?:label|key)$/;

  function inputs(pattern) {
    return Array.from(document.querySelectorAll("input[name], select[name]")).filter((one) => pattern.test(one.name));
  }

  function offer(list, values) {
    if (!list) return;
    list.replaceChildren(...Array.from(new Set(values)).filter(Boolean).map((value) => {
      const option = document.createElement("option");
      option.value = value;
      return option;
    }));
  }

  function stepNames() {
    return inputs(STEP_NAME).map((one) => one.value.trim());
  }

  // Several next steps stand in one input, separated by ";": offer completions of the last one.
  function offerSteps(input) {
    const cut = input.value.lastIndexOf(";");
    const before = cut < 0 ? "" : input.value.slice(0, cut + 1) + " ";
    offer(document.getElementById("step-names"), stepNames().map((name) => name && before + name));
  }

  function offerFields() {
    offer(document.getElementById("field-names"), inputs(FIELD_LABEL).map((one) => one.value.trim()));
  }

  function markKinds() {
    inputs(STEP_KIND).forEach((select) => {
      const step = select.closest(".djn-inline-form");
      if (step && step.dataset.kind !== select.value) step.dataset.kind = select.value;
    });
  }

  document.addEventListener("focusin", (event) => {
    const list = event.target.getAttribute && event.target.getAttribute("list");
    if (list === "step-names") offerSteps(event.target);
    if (list === "field-names") offerFields();
  });
  document.addEventListener("input", (event) => {
    if (event.target.getAttribute("list") === "step-names") offerSteps(event.target);
  });
  document.addEventListener("change", markKinds);
  document.addEventListener("DOMContentLoaded", () => {
    markKinds();
    const form = document.getElementById("processversion_form");
    if (form) new MutationObserver(markKinds).observe(form, { childList: true, subtree: true });
  });
})();
