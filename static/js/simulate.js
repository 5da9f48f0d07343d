// Back and forward between the turns of a play. Each turn is the answer to a form, which a browser asks to send
// once more; so its place in the history is made an ordinary page that knows how far the play had come.
(() => {
  const form = document.querySelector('.simulate form');
  if (!form) return;
  const isBegun = form.querySelector('.enter').value === 'check';

  const show = async (play) => {
    const wanted = new FormData();
    wanted.set('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value);
    wanted.set('state', play);
    wanted.set('do', 'check');
    const answer = await fetch(location.href, { method: 'POST', body: wanted });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('.simulate');
    if (!page) return;
    document.querySelector('.simulate').replaceWith(page);
    page.querySelector('[autofocus]')?.focus();
    page.dispatchEvent(new CustomEvent('htmx:load', { bubbles: true }));
  };

  if (form.hasAttribute('data-answer')) history.replaceState(isBegun ? { play: form.elements.state.value } : null, '');
  else if (history.state?.play) show(history.state.play);
})();
