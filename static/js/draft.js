// The editing page of a draft. Without it every button still works; with it the page follows while typing,
// stays where one looks, rows can be dragged, and nothing typed is left behind by accident.
(() => {
  "use strict";
  const first = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const editor = () => first("#editor");
  const form = () => first("#draft");
  const buttonOf = (value) => all("#editor button[name=do]").find((one) => one.value === value);
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

  // -- a page on its way: what is typed and pressed meanwhile is put back and done afterwards
  let sent = null;
  let isFixed = true;
  let pending = "";
  let held = null;
  let afterSwap = null;
  const values = () => {
    const found = new Map();
    for (const [name, value] of new FormData(form())) found.set(name, [...(found.get(name) || []), value]);
    return found;
  };
  const changedSince = (before) => {
    const now = values();
    const names = new Set([...before.keys(), ...now.keys()]);
    return new Map([...names].map((name) => [name, now.get(name) || []])
      .filter(([name, value]) => String(value) !== String(before.get(name) || [])));
  };
  const putBack = (changes) => {
    const inputs = all("input:not([type=hidden]), select, textarea", form()).filter((one) => changes.has(one.name));
    inputs.forEach((one) => {
      const value = changes.get(one.name);
      if (one.type === "checkbox") one.checked = value.includes(one.value);
      else one.value = value[0] ?? "";
    });
    const asks = inputs.find((one) => one.hasAttribute("data-redraw"));
    if (inputs.length) mark();
    if (pending && buttonOf(pending)) press(buttonOf(pending));
    else if (asks) redraw();
    else if (inputs.length) inputs[0].dispatchEvent(new Event("input", { bubbles: true }));
    pending = "";
  };
  const hold = () => {
    const one = document.activeElement;
    const top = one && one !== document.body ? one.getBoundingClientRect().top : 0;
    held = { id: one?.id, value: one?.name === "do" ? one.value : "", top, scroll: scrollY };
  };
  const letGo = () => {
    if (!held) return;
    const same = (held.id && document.getElementById(held.id)) || (held.value && (buttonOf(held.value) || buttonOf(turned(held.value))));
    if (same) {
      same.focus({ preventScroll: true });
      scrollTo(0, scrollY + same.getBoundingClientRect().top - held.top);
    } else {
      scrollTo(0, held.scroll);
    }
    held = null;
  };
  const turned = (value) => value.replace(/^(open|close):/, (_all, word) => (word === "open" ? "close:" : "open:"));

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== form()) return;
    sent = values();
    const asked = event.detail.requestConfig.parameters;
    isFixed = !String(asked.get ? asked.get("do") : asked.do).startsWith("repair:");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "editor" || !sent) return;
    hold();
    const changes = isFixed ? changedSince(sent) : new Map();
    sent = null;
    afterSwap = () => { letGo(); settled(); putBack(changes); };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (afterSwap && editor()) { const go = afterSwap; afterSwap = null; go(); }
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.id === "draft" && !event.detail.successful) sent = null; });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#editor button[name=do]");
    if (!button || !sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    pending = button.value;
  }, true);

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
      sent = null;
      away();
    } else {
      isLeaving = !(sent && changedSince(sent).size);
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
    if (!form() || event.target.form !== form()) return;
    if (!event.target.closest("#preview")) mark();
    const match = /^(s\d+)-name$/.exec(event.target.name || "");
    if (match) rename(match[1], event.target.value);
  });
  const rename = (row, name) => {
    all(`option[value="${row}"]`).forEach((option) => { option.textContent = name; });
    all(`[data-name-of="${row}"]`).forEach((place) => { place.textContent = name; });
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("#draft [data-redraw]") && !sent) { mark(); redraw(); }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#editor button[name=do]");
    if (!button) return;
    if (button.dataset.sure && !confirm(button.dataset.sure)) { event.preventDefault(); return; }
    const word = button.value.split(":")[0];
    if (!["save", "publish", "open", "close"].includes(word)) mark();
  });

  // -- where the eye goes after the page was drawn anew
  let wanted = "";
  const settled = () => {
    const box = editor();
    if (!box) return;
    isLeaving = false;
    if (box.hasAttribute("data-saved")) isDirty = false;
    else if (box.hasAttribute("data-dirty")) isDirty = true;
    if (isDirty) mark();
    const told = first("[data-first]", box);
    if (told) told.focus();
    else if (wanted) look(wanted);
    else look(box.dataset.focus);
    wanted = "";
  };
  const INPUTS = ":is(input:not([type=hidden]), select, textarea)";
  const look = (aim) => {
    if (!aim) return;
    const place = document.getElementById(`step-${aim}`) || document.getElementById(`row-${aim}`);
    const target = place ? firstInput(place) : document.getElementById(aim) || first(`[name="${aim}"]`);
    if (!target) return;
    target.closest("details")?.setAttribute("open", "");
    target.focus({ preventScroll: true });
    const seen = place || target.closest("fieldset, .ed-block") || target;
    seen.scrollIntoView({ block: seen.offsetHeight > innerHeight * 0.6 ? "start" : "nearest" });
  };
  const firstInput = (place) => {
    const name = first(`:is(${INPUTS}, button)`, place);
    const inner = place.matches(".ed-step") && name?.value ? first(`.ed-details ${INPUTS}`, place) : null;
    return inner || name;
  };
  document.addEventListener("DOMContentLoaded", settled);

  // -- sentences beside the inputs come with the preview
  document.addEventListener("htmx:afterSettle", () => {
    all("#preview [data-remark]").forEach((one) => {
      const place = document.getElementById(one.dataset.remark);
      if (place) place.textContent = one.textContent;
    });
  });

  // -- the picture stays where one looked at it; at first it shows the start, and faults when they come up
  let seen = null;
  let pointed = "";
  let followed = "";
  const keepView = () => {
    const map = first(".ed-map");
    if (!map) return;
    const row = all(".ed-step.ed-open").at(-1)?.dataset.step;
    const step = row && first(`[href="#step-${row}"]`, map);
    const marked = all(".d-box.d-fault, .d-box.d-example", map);
    const faults = marked.map((one) => one.textContent).join();
    if (faults && faults !== pointed) centre(map, around(marked));
    else if (step && row !== followed && first("[name=pinned]")?.checked) centre(map, step);
    else if (seen) [map.scrollLeft, map.scrollTop] = seen;
    else if (first(".d-start", map)) centre(map, first(".d-start", map));
    followed = row || "";
    pointed = faults;
  };
  // What lies around several steps, as far as it fits into the picture's box; else the first of them.
  const around = (steps) => {
    const areas = steps.map((step) => step.getBoundingClientRect());
    const [left, top] = [Math.min(...areas.map((one) => one.left)), Math.min(...areas.map((one) => one.top))];
    const [right, bottom] = [Math.max(...areas.map((one) => one.right)), Math.max(...areas.map((one) => one.bottom))];
    const map = first(".ed-map");
    if (right - left > map.clientWidth || bottom - top > map.clientHeight) return steps[0];
    return { getBoundingClientRect: () => ({ left, top, width: right - left, height: bottom - top }) };
  };
  const centre = (map, step) => {
    const [inner, outer] = [step.getBoundingClientRect(), map.getBoundingClientRect()];
    map.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
    map.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
    seen = [map.scrollLeft, map.scrollTop];
  };
  document.addEventListener("wheel", (event) => { remember(event); }, { passive: true });
  document.addEventListener("pointerup", (event) => { remember(event); });
  const remember = (event) => {
    const map = event.target.closest && event.target.closest(".ed-map");
    if (map) setTimeout(() => { seen = [map.scrollLeft, map.scrollTop]; }, 120);
  };
  document.addEventListener("htmx:afterSettle", keepView);
  addEventListener("load", keepView);

  // -- from a finding, a fault or the picture to the step, and there to the input
  document.addEventListener("click", (event) => {
    const anchor = event.target.closest && event.target.closest("#preview a, .ed-note a[data-row]");
    const href = anchor && (anchor.getAttribute("href") || anchor.getAttribute("xlink:href") || "");
    if (!href || !href.startsWith("#")) return;
    const row = anchor.dataset.row || href.replace(/^#step-/, "");
    const place = document.getElementById(`step-${row}`) || document.getElementById(`row-${row}`);
    event.preventDefault();
    wanted = anchor.dataset.input || (place ? row : href.slice(1));
    const toggle = place && first("[data-toggle]", place);
    if (toggle && !place.classList.contains("ed-open")) press(toggle);
    else { look(wanted); wanted = ""; }
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
