// The log-in page: what drafts and comments kept of what was typed does not outlive the session of who typed it.
(() => {
  "use strict";
  try {
    Object.keys(sessionStorage).filter((one) => /^(draft|comment):/.test(one)).forEach((one) => sessionStorage.removeItem(one));
  } catch { /* nothing was kept */ }
})();
