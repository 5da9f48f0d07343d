// The editing page of a draft. Without it every button still works; with it the page follows while typing,
// rows can be dragged, and nothing typed is left behind by accident.
(() => {
  "use strict";
  const first = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const editor = () => first("#editor");
  const form = () => first("#draft");
  let isDirty = false;
  let isLeaving = false;

  const say = (text) => { const live = first("#ed-live"); if (live) live.textContent = text; };
  const mark = () => {
    isDirty = true;
    const state = first("#ed-state");
    if (state) state.textContent = state.dataset.dirty;
  };
  const press = (button) => button.click();
  const redraw = () => press(first("[data-redraw-button]"));

  // -- nothing typed is lost silently
  addEventListener("beforeunload", (event) => {
    if (isDirty && !isLeaving) event.preventDefault();
  });
  const away = () => {
    isLeaving = false;
    first("#ed-away").hidden = false;
    first("#ed-away a").focus();
  };
  const trouble = (text) => {
    isLeaving = false;
    const place = first("#ed-trouble");
    place.textContent = text;
    place.hidden = false;
  };
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 403) away();
    else trouble(form().dataset.problem);
  });
  document.addEventListener("htmx:sendError", () => trouble(form().dataset.offline));
  document.addEventListener("htmx:afterOnLoad", () => { first("#ed-trouble").hidden = true; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const address = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (!address) return;
    if (/login|anmelden/.test(address)) {
      event.preventDefault();
      away();
    } else {
      isLeaving = true;
    }
  });
  document.addEventListener("click", async (event) => {
    if (!event.target.closest("[data-back]")) return;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = first("#draft [name=csrfmiddlewaretoken]", found);
    if (!token) return;
    first("[name=csrfmiddlewaretoken]", form()).value = token.value;
    first("#ed-away").hidden = true;
    first("[value=save]", form()).focus();
  });

  // -- following what is typed
  document.addEventListener("input", (event) => {
    if (!form() || !form().contains(event.target)) return;
    mark();
    const match = /^(s\d+)-name$/.exec(event.target.name || "");
    if (match) rename(match[1], event.target.value);
  });
  const rename = (row, name) => {
    all(`option[value="${row}"]`).forEach((option) => { option.textContent = name; });
    all(`[data-name-of="${row}"]`).forEach((place) => { place.textContent = name; });
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#draft [data-redraw]")) { mark(); redraw(); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#editor button[name=do]");
    if (!button) return;
    if (button.dataset.sure && !confirm(button.dataset.sure)) { event.preventDefault(); return; }
    if (!["save", "publish"].includes(button.value) && !button.hasAttribute("data-toggle")) mark();
    if (["save", "publish"].includes(button.value)) isLeaving = true;
  });

  // -- where the eye goes after the page was drawn anew
  const settled = () => {
    const box = editor();
    if (!box) return;
    isLeaving = false;
    if (box.hasAttribute("data-dirty")) isDirty = true;
    if (isDirty) mark();
    const told = first("[data-first]", box);
    if (told) { told.focus(); return; }
    look(box.dataset.focus);
  };
  const look = (row) => {
    if (!row) return;
    const place = document.getElementById(`step-${row}`) || document.getElementById(`row-${row}`);
    const input = place && first(".ed-details :is(input:not([type=hidden]), select, textarea)", place);
    const name = place && first(":is(input:not([type=hidden]), select, textarea, button)", place);
    const aim = place && place.matches(".ed-step") && name && name.value ? input || name : name;
    if (!aim) return;
    aim.focus({ preventScroll: true });
    place.scrollIntoView({ block: place.offsetHeight > innerHeight * 0.6 ? "start" : "nearest" });
  };
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "editor" || event.target.id === "editor") settled();
  });
  document.addEventListener("DOMContentLoaded", settled);

  // -- sentences beside the inputs come with the preview
  document.addEventListener("htmx:afterSettle", () => {
    all("#preview [data-remark]").forEach((one) => {
      const place = document.getElementById(one.dataset.remark);
      if (place) place.textContent = one.textContent;
    });
  });

  // -- the picture stays where one looked at it; at first it shows the start
  let seen = null;
  const keepView = () => {
    const map = first(".ed-map");
    if (!map) return;
    if (seen) { [map.scrollLeft, map.scrollTop] = seen; return; }
    const start = first(".d-start", map);
    if (!start) return;
    const [inner, outer] = [start.getBoundingClientRect(), map.getBoundingClientRect()];
    map.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  };
  document.addEventListener("scroll", (event) => {
    if (event.target.matches && event.target.matches(".ed-map")) seen = [event.target.scrollLeft, event.target.scrollTop];
  }, true);
  document.addEventListener("htmx:afterSettle", keepView);
  document.addEventListener("DOMContentLoaded", keepView);

  // -- from a finding, or from the picture, to the step
  document.addEventListener("click", (event) => {
    const link = event.target.closest('#preview a[href^="#step-"], #preview a[href^="#step-"] *');
    const anchor = link && link.closest("a");
    if (!anchor) return;
    const href = anchor.getAttribute("href") || anchor.getAttribute("xlink:href");
    const place = document.getElementById(href.slice(1));
    if (!place) return;
    event.preventDefault();
    const toggle = first("[data-toggle]", place);
    if (toggle && !place.classList.contains("ed-open")) press(toggle);
    else look(place.dataset.step);
  });

  // -- order: by keys and by dragging
  const rows = () => all("#draft .ed-steps > li");
  const moved = (row) => {
    rows().forEach((one, place) => { first(".ed-number", one).textContent = place + 1; });
    say(form().dataset.moved.replace("%s", rows().indexOf(row) + 1));
    mark();
    first('[name="seen_version"]', form()).dispatchEvent(new Event("input", { bubbles: true }));
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const row = event.target.closest && event.target.closest("#draft .ed-steps > li");
      const other = row && (event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling);
      if (!row || !first("[data-up]", row) || !other || !first("[data-up]", other)) return;
      event.preventDefault();
      const focused = document.activeElement;
      event.key === "ArrowUp" ? other.before(row) : other.after(row);
      focused.focus();
      moved(row);
    }
    if ((event.ctrlKey || event.metaKey) && event.key === "s" && form()) {
      event.preventDefault();
      press(first("[value=save]", form()));
    }
  });
  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    const handle = event.target.closest && event.target.closest("#draft .ed-number[draggable]");
    if (!handle) return;
    dragged = handle.closest("li");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.step);
  });
  document.addEventListener("dragover", (event) => {
    const over = dragged && event.target.closest && event.target.closest("#draft .ed-steps > li");
    if (!over || over === dragged || !first("[data-up]", over)) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    event.clientY < box.top + box.height / 2 ? over.before(dragged) : over.after(dragged);
  });
  document.addEventListener("drop", (event) => { if (dragged) { event.preventDefault(); } });
  document.addEventListener("dragend", () => { if (dragged) moved(dragged); dragged = null; });
})();
