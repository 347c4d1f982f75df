/* Put a page away that nobody has touched for as long as the store stays open; keep the shell.

   A touch, a typed letter too, is told to the program, so that nothing locks under somebody who
   types. A minute before the end the page says so, and any touch, its button or a key, stays. */

"use strict";

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/shell.js").catch(() => {});
}

(() => {
  const { away, leave, here, key } = document.body.dataset;
  if (!away) {
    return;
  }
  const TELL_S = 20;
  const WARN_S = 65;
  const warning = document.getElementById("leaving");
  const go = () => location.replace(away);
  let told = Date.now();
  const idle = () => (Date.now() - told) / 1000;
  const tell = () => {
    told = Date.now();
    warning.hidden = true;
    const body = new URLSearchParams({ form_key: key });
    fetch(here, { method: "POST", body, redirect: "manual" })
      .then(({ status }) => (status === 204 ? undefined : go()))
      .catch(() => {});
  };
  const touch = () => {
    if (idle() > TELL_S && idle() <= Number(leave)) {
      tell();
    }
  };
  for (const kind of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) {
    addEventListener(kind, touch, { passive: true });
  }
  warning.querySelector("button").addEventListener("click", touch);
  setInterval(() => {
    warning.hidden = idle() <= Number(leave) - WARN_S;
    if (idle() > Number(leave)) {
      go();
    }
  }, 2000);
})();
