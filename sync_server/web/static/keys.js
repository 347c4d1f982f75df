// Keys for the queue: whatever bears data-key is pressed, ticked or entered by that key.
// Without this script everything works by Tab and Enter.
"use strict";

(() => {
  const typing = (element) =>
    element instanceof HTMLElement &&
    element.matches("select, textarea, input:not([type=radio]):not([type=checkbox])");

  const target = (key) =>
    [...document.querySelectorAll("[data-key]")].find(
      (one) => one.dataset.key === key && !one.disabled && one.offsetParent !== null,
    );

  const use = (element) => {
    if (typing(element)) element.focus();
    else element.click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    if (event.key === "Escape" && typing(document.activeElement)) {
      document.activeElement.blur();
      return;
    }
    if (document.body.dataset.keys === "off" || typing(document.activeElement)) return;
    const found = target(event.key.toLowerCase());
    if (found) {
      event.preventDefault();
      use(found);
    }
  });

  // A form is sent once: two quick keys do not decide the next case too.
  let sent = false;
  document.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  window.addEventListener("pageshow", () => {
    sent = false;
  });
})();
