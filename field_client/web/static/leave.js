/* Put a page away that nobody has touched for as long as the store stays open; keep the shell. */

"use strict";

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/shell.js").catch(() => {});
}

(() => {
  const { away, leave } = document.body.dataset;
  if (!away) {
    return;
  }
  let touched = Date.now();
  const touch = () => {
    touched = Date.now();
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchmove"]) {
    addEventListener(kind, touch, { passive: true });
  }
  setInterval(() => {
    if (Date.now() - touched > Number(leave) * 1000) {
      location.replace(away);
    }
  }, 2000);
})();
