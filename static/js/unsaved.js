// Pages of the administration with a long form: the browser asks before what was typed and not saved is lost.
// A page that was sent back with what was typed (data-typed) has something to lose from the start.
(() => {
  "use strict";
  const { typed } = document.currentScript.dataset;
  let form = null;
  let before = "";
  let isSent = false;

  const entries = () => [...new FormData(form)].map(([name, value]) => [name, String(value)]);
  const now = () => JSON.stringify(entries());

  // Not earlier: until then Django's own scripts change the form.
  addEventListener("load", () => {
    form = document.querySelector("#content-main form[method=post]");
    if (!form) return;
    before = now();
    form.addEventListener("submit", () => { isSent = true; });
  });
  addEventListener("pageshow", (event) => { if (event.persisted) isSent = false; });
  addEventListener("beforeunload", (event) => {
    if (form && !isSent && (typed !== undefined || now() !== before)) event.preventDefault();
  });
})();
