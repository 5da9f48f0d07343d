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

  const say = (text) => {
    const live = first("#ed-live");
    live.textContent = "";
    setTimeout(() => { live.textContent = text.trim(); }, 50);
  };
  // What leads to another page saves first, and says so; that takes room above where one types.
  const offerSaving = () => {
    const one = document.activeElement;
    const top = one.getBoundingClientRect().top;
    all("#editor [data-clean]").forEach((link) => { link.hidden = true; });
    all("#editor button[data-dirty]").forEach((button) => { button.hidden = false; });
    scrollBy(0, one.getBoundingClientRect().top - top);
  };
  const mark = () => {
    isDirty = true;
    const state = first("#ed-state");
    if (state) state.textContent = state.dataset.dirty;
    offerSaving();
    document.dispatchEvent(new Event("draft:typed"));
  };
  const press = (button) => button.click();
  const redraw = () => press(first("[data-redraw-button]"));

  // -- a page on its way: what is typed and pressed until it is there is put into it. Text goes into the field it
  // was typed in; where there was none yet, as after "Add a task", into the one the new page leads to.
  const INPUTS = ":is(input:not([type=hidden]), select, textarea)";
  const TEXTS = ":is(input:is([type=text], [type=number], [type=search], [type=date]), textarea)";
  let sent = null;
  let waiting = [];
  let arrive = null;
  const values = () => {
    const found = new Map();
    for (const [name, value] of new FormData(form())) found.set(name, [...(found.get(name) || []), value]);
    return found;
  };
  const changedSince = (before) => {
    const now = values();
    const isChanged = (one) => one.matches(INPUTS) && String(now.get(one.name) || []) !== String(before.get(one.name) || []);
    const change = (one) => [one.name, { found: now.get(one.name) || [], isText: one.matches(TEXTS) }];
    return new Map([...form().elements].filter(isChanged).map(change));
  };
  const drop = () => { sent = null; waiting = []; };
  // From a change until its answer the findings are those of before.
  const judging = (isOnItsWay) => { first("#preview").classList.toggle("ed-stale", isOnItsWay); };

  // Saving and repairs number the rows anew: a row is known by its key, else by its place in a list as long.
  const LIST = /(^|-)(steps|fields|deadlines|outcomes|checklist|shown|branches|conditions|inputs|outputs|values)$/;
  const renumbered = (before) => {
    const now = values();
    const found = new Map();
    const renamed = (name) => {
      for (let at = name.length; at > 0; at = name.lastIndexOf("-", at - 1)) {
        const row = found.get(name.slice(0, at));
        if (row) return row + name.slice(at);
      }
      return /^[a-z]\d/.test(name) ? "" : name;
    };
    const lists = [...before.keys()].filter((name) => LIST.test(name));
    lists.sort((one, other) => one.split("-").length - other.split("-").length).forEach((name) => {
      const rows = now.get(renamed(name)) || [];
      before.get(name).forEach((row, place) => {
        const key = String(before.get(`${row}-key`) || "");
        const alike = rows.length === before.get(name).length ? rows[place] : "";
        const same = key ? rows.find((one) => String(now.get(`${one}-key`)) === key) : alike;
        if (same) found.set(row, same);
      });
    });
    return renamed;
  };
  const unchanged = (name) => name;

  const named = (name) => [...form().elements].filter((one) => one.name === name);
  const carry = (name, found) => {
    named(name).forEach((one) => one.remove());
    found.forEach((value) => form().append(Object.assign(document.createElement("input"), { type: "hidden", name, value })));
  };
  const put = (name, found) => {
    const shown = named(name).filter((one) => one.matches(INPUTS));
    if (!shown.length) carry(name, found);
    shown.forEach((one) => {
      if (one.type === "checkbox") one.checked = found.includes(one.value);
      else one.value = found[0] ?? "";
    });
    return shown;
  };
  const putBack = (changes, renamed) => {
    if (!changes.size) return;
    const chosen = (value) => value.replace(/[^:]+$/, (row) => renamed(row) || row);
    const shown = [...changes].flatMap(([name, { found, isText }]) => (
      renamed(name) ? put(renamed(name), isText ? found : found.map(chosen)) : []
    ));
    mark();
    if (shown.some((one) => one.hasAttribute("data-redraw"))) waiting.push({ press: "redraw" });
    else shown.forEach((one) => one.dispatchEvent(new Event("input", { bubbles: true })));
  };
  const write = (key) => {
    const field = document.activeElement;
    if (!field?.matches(TEXTS) || !form().contains(field)) return;
    if (field.type === "number") field.value += /\d/.test(key) ? key : "";
    else if (field.type !== "date") field.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const goOn = () => {
    while (waiting.length && !sent) {
      const next = waiting.shift();
      if (next.key) write(next.key);
      else if (buttonOf(next.press)) press(buttonOf(next.press));
    }
  };

  let held = null;
  const hold = (stays) => {
    const one = document.activeElement;
    const top = one && one !== document.body ? one.getBoundingClientRect().top : 0;
    const caret = one?.matches(TEXTS) ? [one.selectionStart, one.selectionEnd] : null;
    held = { id: one?.id, value: one?.name === "do" ? one.value : "", top, scroll: scrollY, stays, caret };
  };
  const letGo = (renamed) => {
    const id = held.id && (/^id_/.test(held.id) ? `id_${renamed(held.id.slice(3))}` : held.id);
    const same = (id && document.getElementById(id)) || (held.value && (buttonOf(held.value) || buttonOf(turned(held.value))));
    if (same) {
      same.focus({ preventScroll: true });
      scrollTo(0, scrollY + same.getBoundingClientRect().top - held.top);
    } else {
      // What was pressed is gone, as "Undo" is: the keyboard goes on beside it.
      if (held.value) first("[value=save]", form())?.focus({ preventScroll: true });
      scrollTo(0, held.scroll);
    }
  };
  const placeCaret = () => {
    const field = document.activeElement;
    if (held.stays && held.caret && field.matches(TEXTS) && field.selectionStart !== null) field.setSelectionRange(...held.caret);
  };
  const turned = (value) => value.replace(/^(open|close):/, (_all, word) => (word === "open" ? "close:" : "open:"));

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== form() && event.detail.elt.id !== "preview") return;
    judging(true);
    if (event.detail.elt !== form()) return;
    const asked = event.detail.requestConfig.parameters;
    const button = String(asked.get ? asked.get("do") : asked.do);
    sent = { values: values(), from: document.activeElement, xhr: event.detail.xhr, renumbers: /^(repair:|(save|publish|simulate|trial)$)/.test(button) };
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "editor" || !event.detail.shouldSwap || !sent) return;
    const { values: before, from, renumbers } = sent;
    const active = document.activeElement;
    const changes = changedSince(before);
    const isElsewhere = active !== from && active?.matches(INPUTS) && active.form === form();
    hold(isElsewhere || (active?.matches(TEXTS) && changes.has(active.name)));
    sent = null;
    arrive = () => {
      const renamed = renumbers ? renumbered(before) : unchanged;
      if (isDirty && !editor().hasAttribute("data-saved")) offerSaving();
      letGo(renamed);
      settled(held.stays);
      putBack(changes, renamed);
      placeCaret();
      goOn();
    };
  });
  // Without a delay between swapping and settling (see the page's htmx-config) nothing can be typed in between.
  document.addEventListener("htmx:afterSettle", () => {
    if (arrive && editor()) { const go = arrive; arrive = null; go(); }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) judging(false);
    if (sent && sent.xhr === event.detail.xhr && !event.detail.successful) drop();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#editor button[name=do]");
    if (!button || !sent) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting.push({ press: button.value });
  }, true);
  // A select keeps its keys, except the one in which "new step" has just been chosen: a name follows.
  const hasNoField = (place) => !place.matches(TEXTS) && (!place.matches("select") || (place === sent.from && place.value === "+"));
  document.addEventListener("keydown", (event) => {
    const isChord = (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
    if (!sent || isChord || !hasNoField(event.target)) return;
    const hasBegun = Boolean(waiting.at(-1)?.key);
    if (event.key.length === 1 && (hasBegun || event.key !== " ")) waiting.push({ key: event.key });
    else if (hasBegun && event.key === "Backspace") waiting.pop();
    else if (!hasBegun || event.key !== "Enter") return;
    event.preventDefault();
  }, true);

  // -- nothing typed is lost silently
  addEventListener("beforeunload", (event) => {
    if (isDirty && !isLeaving) event.preventDefault();
  });
  document.addEventListener("draft:leaving", () => { isLeaving = true; });
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
  document.addEventListener("htmx:afterOnLoad", (event) => { if (event.detail.successful) first("#ed-trouble").hidden = true; });
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const address = event.detail.xhr.getResponseHeader("HX-Redirect");
    if (!address) return;
    if (/login|anmelden/.test(address)) {
      event.preventDefault();
      drop();
      away();
    } else {
      isLeaving = !(sent && changedSince(sent.values).size);
      if (isLeaving) document.dispatchEvent(new Event("draft:saved"));
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

  // -- of several that hold in all other cases the last ticked one does
  document.addEventListener("change", (event) => {
    const one = event.target;
    if (!one.matches("#draft [data-alone]") || !one.checked) return;
    all(`#draft [data-alone="${one.dataset.alone}"]`).forEach((other) => { other.checked = other === one; });
  }, true);

  // -- following what is typed
  document.addEventListener("input", (event) => {
    if (!form() || event.target.form !== form()) return;
    if (!event.target.closest("#preview")) { mark(); judging(true); }
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
    const word = button.value.split(":")[0];
    if (!["save", "publish", "simulate", "trial", "open", "close"].includes(word)) mark();
  });

  // -- where the eye goes after the page was drawn anew
  let wanted = "";
  const saved = () => {
    isDirty = false;
    document.dispatchEvent(new Event("draft:saved"));
  };
  const settled = (stays = false) => {
    const box = editor();
    if (!box) return;
    all("[data-say]", box).forEach(announce);
    isLeaving = false;
    if (box.hasAttribute("data-saved")) saved();
    else if (box.hasAttribute("data-dirty")) isDirty = true;
    if (isDirty) mark();
    const told = first("[data-first]", box);
    if (stays) told?.scrollIntoView({ block: "nearest" });
    else if (told) told.focus();
    else if (wanted) look(wanted);
    else look(box.dataset.focus);
    wanted = "";
  };
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
  // What says something is read out by the one place that was there before; otherwise some hear it twice, some never.
  const announce = (place) => {
    place.removeAttribute("role");
    say(first("span", place)?.textContent || place.textContent);
  };
  document.addEventListener("DOMContentLoaded", () => settled());

  // -- what was opened by hand stays open
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.shouldSwap) return;
    const opened = all("#editor details[id][open]").map((one) => one.id);
    const again = () => { opened.forEach((id) => document.getElementById(id)?.setAttribute("open", "")); };
    document.addEventListener("htmx:afterSwap", again, { once: true });
  });

  // -- a new preview is looked at as the old one, also if that was changed while it was on its way
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "preview" || !event.detail.shouldSwap) return;
    const ticks = all("#preview [type=checkbox]").map((one) => [one.id, one.checked]);
    const active = document.activeElement;
    const href = active?.closest("#preview") ? active.getAttribute("href") : null;
    const again = () => {
      ticks.forEach(([id, checked]) => { first(`#${id}`).checked = checked; });
      if (href) first(`#preview [href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
    };
    document.addEventListener("htmx:afterSettle", again, { once: true });
  });

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
    const anchor = event.target.closest && event.target.closest("#preview a, .ed-note a[data-row], .ed-back");
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
  // By the place of the key, where all Latin keyboards have these two: some systems write other characters with Alt.
  const KEYS = {
    KeyN: (place) => {
      const row = place.closest("#draft .ed-steps > li");
      return (row && first("[data-insert]", row)) || buttonOf("add:steps:task");
    },
    KeyR: () => buttonOf("undo"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const row = event.target.closest && event.target.closest("#draft .ed-steps > li");
      const other = row && (event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling);
      if (!row || !first("[data-up]", row) || !other || !first("[data-up]", other)) return;
      event.preventDefault();
      if (sent) { waiting.push({ press: `${event.key === "ArrowUp" ? "up" : "down"}:${row.dataset.step}` }); return; }
      const focused = document.activeElement;
      event.key === "ArrowUp" ? other.before(row) : other.after(row);
      focused.focus();
      moved(row);
    }
    const wish = event.altKey && event.shiftKey && !event.ctrlKey && form() && KEYS[event.code];
    if (wish) {
      event.preventDefault();
      const button = wish(event.target);
      // What is typed next is no more meant for the field one was in.
      button?.focus({ preventScroll: true });
      if (button) press(button);
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
    if (sent) { event.preventDefault(); return; }
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
