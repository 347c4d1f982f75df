/* What is on its way is not kept yet, and what did not arrive is not kept: the line that says so
   is emptied when a field is told of, and tells where nobody answered. */

"use strict";

(() => {
  const line = (form) => form.querySelector("[data-lost]");
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    line(target)?.replaceChildren();
  });
  document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    const said = line(target);
    if (said && !detail.successful) {
      said.textContent = said.dataset.lost;
    }
  });
})();
