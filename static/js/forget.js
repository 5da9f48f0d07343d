// The log-in page: what a draft kept of what was typed does not outlive the session of who typed it.
(() => {
  "use strict";
  try {
    Object.keys(sessionStorage).filter((one) => one.startsWith("draft:")).forEach((one) => sessionStorage.removeItem(one));
  } catch { /* nothing was kept */ }
})();
