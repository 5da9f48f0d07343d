// Behaviour of every page. All of it is extra: links and forms work without it.
(() => {
  const first = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  const say = (text) => {
    const live = first('#live');
    if (!live) return;
    live.textContent = '';
    setTimeout(() => { live.textContent = text; }, 50);
  };

  // -- printing: a button that can do nothing without script is hidden until then
  all('[data-print]').forEach((button) => {
    button.hidden = false;
    button.addEventListener('click', () => print());
  });

  // -- toasts: gone after 15 seconds, unless somebody is reading them
  const TOAST_MS = 15000;
  const watchToast = (toast) => {
    let timer;
    const leave = () => { timer = setTimeout(() => toast.remove(), TOAST_MS); };
    const stay = () => clearTimeout(timer);
    toast.addEventListener('mouseenter', stay);
    toast.addEventListener('focusin', stay);
    toast.addEventListener('mouseleave', leave);
    leave();
  };
  all('[data-toast]').forEach(watchToast);
  const bar = first('.bar');
  if (bar) {
    new ResizeObserver(() => {
      document.body.style.setProperty('--bar-size', `${innerHeight - bar.getBoundingClientRect().top}px`);
    }).observe(bar);
  }
  const words = document.body.dataset;
  const toast = (text) => {
    const box = document.createElement('div');
    box.className = 'toast';
    box.dataset.toast = '';
    const sentence = document.createElement('span');
    sentence.textContent = text;
    const close = document.createElement('button');
    close.type = 'button';
    close.className = 'btn sm';
    close.dataset.dismiss = '';
    close.textContent = words.wordClose;
    box.append(sentence, close);
    first('#toasts')?.append(box);
    watchToast(box);
    say(text);
  };
  document.addEventListener('toast', (event) => toast(event.detail.value ?? event.detail));
  document.addEventListener('htmx:responseError', (event) => {
    const text = event.detail.xhr.getResponseHeader('X-Problem');
    toast(text ? decodeURIComponent(text) : words.wordProblem);
  });
  document.addEventListener('htmx:sendError', () => toast(words.wordOffline));

  // -- a form is sent once: caught before htmx sees it, which would send the second click after the first
  addEventListener('submit', (event) => {
    const form = event.target;
    if (form.dataset.sent || form.classList.contains('htmx-request')) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
  addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== 'post') return;
    form.dataset.sent = '1';
    form.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => all('form[data-sent]').forEach((form) => {
    delete form.dataset.sent;
    form.removeAttribute('aria-busy');
  }));

  // -- what was said to be missing goes as it is ticked, and with the last of it the box that said so
  document.addEventListener('htmx:afterSettle', () => all('.errsum:has(a[href^="#item-"])').forEach((box) => {
    all('a[href^="#item-"]', box).forEach((link) => {
      link.closest('li').hidden = Boolean(document.getElementById(link.hash.slice(1))?.checked);
    });
    box.hidden = all('li', box).every((line) => line.hidden);
  }));

  // -- a comment not sent yet: found again in this tab by who typed it; the log-in page forgets it
  const placeOf = (box) => `comment:${box.dataset.keep}:${box.form.getAttribute('action')}`;
  const keepComment = (box) => {
    try {
      if (box.value.trim()) sessionStorage.setItem(placeOf(box), box.value);
      else sessionStorage.removeItem(placeOf(box));
    } catch { /* nothing can be kept here */ }
  };
  const bringBackComments = () => all('textarea[data-keep]').forEach((box) => {
    try { box.value = box.value || sessionStorage.getItem(placeOf(box)) || ''; } catch { /* nothing was kept */ }
  });
  document.addEventListener('input', (event) => {
    if (event.target.matches('textarea[data-keep]')) keepComment(event.target);
  });
  document.addEventListener('htmx:beforeSwap', (event) => {
    const box = event.detail.xhr.status < 300 && first('textarea[data-keep]', event.detail.requestConfig.elt);
    if (!box) return;
    try { sessionStorage.removeItem(placeOf(box)); } catch { /* nothing was kept */ }
  });
  document.addEventListener('htmx:afterSettle', bringBackComments);
  bringBackComments();

  // -- the focus stays near where it was when a swapped row goes away
  let keeper = null;
  document.addEventListener('htmx:beforeRequest', (event) => {
    const row = event.target.closest('tr, li');
    const near = row && (row.nextElementSibling || row.previousElementSibling);
    keeper = near ? near.id || near : null;
  });
  document.addEventListener('htmx:afterSettle', (event) => {
    // What went wrong comes first, wherever the focus is; other wishes only when the focus was lost.
    const swapped = event.detail.elt;
    const problem = first('.errsum[autofocus], .stale[autofocus]', swapped.parentElement || document);
    if (problem && event.detail.xhr?.status >= 400) { problem.focus(); return; }
    if (document.activeElement !== document.body) return;
    const near = typeof keeper === 'string' ? document.getElementById(keeper) : keeper;
    const wanted = first('[autofocus]', first('#content') || document)
      || (near?.isConnected && first('a, button', near));
    if (wanted) wanted.focus();
  });
  first('.errsum[autofocus], .stale[autofocus]')?.focus();

  // -- dialogs, dismissing
  addEventListener('click', (event) => {
    const opener = event.target.closest('[data-open]');
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.open)?.showModal(); }
    if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close();
    if (event.target.closest('[data-dismiss]')) event.target.closest('[data-toast]')?.remove();
  });

  // -- keys
  const isTyping = (event) => event.target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]');
  const areOff = () => document.documentElement.dataset.keys === 'off';
  let prefix = '';
  const follow = (key) => {
    const link = first(`[data-key="${key}"]`);
    if (link) link.click();
    return Boolean(link);
  };
  const moveInList = (step) => {
    const links = all('.list .t');
    const at = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  };
  addEventListener('keydown', (event) => {
    if (areOff() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || first('dialog[open]')) return;
    const key = event.key;
    const combination = prefix + key;
    prefix = key === 'g' ? 'g' : '';
    if (combination.length === 2 && follow(combination)) { event.preventDefault(); return; }
    if (key === 'j' || key === 'k') { moveInList(key === 'j' ? 1 : -1); event.preventDefault(); }
    else if (key === '/') { const box = first('input[type=search]'); if (box) { box.focus(); event.preventDefault(); } }
    else if (key === '?') first('#kbd-help')?.showModal();
    else if (key === 'c') follow('c');
    else if (/^[1-9]$/.test(key)) {
      const outcome = all('[data-outcome]')[Number(key) - 1];
      if (outcome) (outcome.offsetParent ? outcome : first('.bar .pick'))?.focus();
    }
  });
})();
