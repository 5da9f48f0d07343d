// What was typed on the page of a draft and not saved yet, kept in the browser while one looks at another page.
// It is offered again for the same person and the same state of the draft only, and goes with the tab.
(() => {
  "use strict";
  const first = (selector) => document.querySelector(selector);
  const form = () => first("#draft");
  const PLACE = `draft:${location.pathname}`;
  const MOST = 1_000_000; // characters of one draft
  const MOST_DRAFTS = 5;
  let isTyped = false;
  let isOffered = false;
  let isBringingBack = false;
  let timer = 0;

  const read = (place) => {
    try { return JSON.parse(sessionStorage.getItem(place)) || null; } catch { return null; }
  };
  const drop = () => { try { sessionStorage.removeItem(PLACE); } catch { /* nothing can be kept here */ } };
  const makeRoom = () => {
    const others = Object.keys(sessionStorage).filter((one) => one.startsWith("draft:") && one !== PLACE);
    const age = (place) => read(place)?.at || 0;
    others.sort((one, other) => age(other) - age(one)).slice(MOST_DRAFTS - 1).forEach((one) => sessionStorage.removeItem(one));
  };
  // Answers whether what is typed now can be found again. While older entries are still offered they stay what is kept.
  const keep = () => {
    clearTimeout(timer);
    if (!isTyped || isOffered || !form()) return !isTyped;
    const values = [...new FormData(form())].filter(([name]) => name !== "csrfmiddlewaretoken");
    const text = JSON.stringify({ state: form().dataset.state, at: Date.now(), values });
    drop();
    try {
      if (text.length > MOST) return false;
      makeRoom();
      sessionStorage.setItem(PLACE, text);
    } catch { return false; }
    return true;
  };
  document.addEventListener("draft:typed", () => {
    isTyped = true;
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
  });
  document.addEventListener("draft:saved", () => {
    isTyped = false;
    clearTimeout(timer);
    withdraw();
    drop();
  });
  addEventListener("pagehide", keep);

  // Whoever follows a link comes back to what was typed: the browser need not ask. It asks when a tab is closed.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    const isElsewhere = !link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (isElsewhere || event.defaultPrevented || (link.getAttribute("href") || "").startsWith("#")) return;
    if (form() && keep()) document.dispatchEvent(new Event("draft:leaving"));
  });

  // -- coming back
  const say = (text) => { setTimeout(() => { first("#ed-live").textContent = text; }, 100); };
  const withdraw = () => {
    const hadFocus = first("#ed-kept").contains(document.activeElement);
    isOffered = false;
    first("#ed-kept").hidden = true;
    if (hadFocus) first("#editor h1").focus();
  };
  const when = (moment) => {
    const isToday = new Date().toDateString() === moment.toDateString();
    const day = isToday ? {} : { day: "2-digit", month: "2-digit" };
    return moment.toLocaleString(document.documentElement.lang, { ...day, hour: "2-digit", minute: "2-digit" });
  };
  const offer = () => {
    const kept = read(PLACE);
    if (!kept || !form()) return;
    if (kept.state !== form().dataset.state) { drop(); return; }
    const box = first("#ed-kept");
    const text = box.dataset.text.replace("%s", when(new Date(kept.at)));
    first("#ed-kept-text").textContent = text;
    box.hidden = false;
    isOffered = true;
    say(text);
  };
  // The page is asked for with what was kept in place of what it shows; until it is there nothing is overwritten.
  let asked = null;
  document.addEventListener("htmx:configRequest", (event) => {
    const sent = event.detail.formData;
    const kept = event.detail.elt === form() && isBringingBack && sent.get("do") === "redraw" && read(PLACE);
    if (!kept) return;
    isBringingBack = false;
    asked = event.detail;
    [...new Set(sent.keys())].filter((name) => !["csrfmiddlewaretoken", "do"].includes(name)).forEach((name) => sent.delete(name));
    kept.values.forEach(([name, value]) => sent.append(name, value));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!asked || event.detail.requestConfig !== asked) return;
    asked = null;
    if (!event.detail.successful) return;
    withdraw();
    say(first("#ed-kept").dataset.restored);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-bring-back]")) {
      isBringingBack = true;
      first("[data-redraw-button]").click();
    }
    if (event.target.closest("[data-drop-kept]")) {
      withdraw();
      drop();
      keep();
    }
  });
  document.addEventListener("DOMContentLoaded", offer);
})();
