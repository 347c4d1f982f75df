/* Each sending of a form says the how manyeth of its page it is: a field that is told of as it is
   left may arrive after the whole form. */

"use strict";

(() => {
  const page = Math.random().toString(36).slice(2);
  let turn = 0;
  addEventListener("formdata", ({ target, formData }) => {
    if (target.method === "post") {
      turn += 1;
      formData.set("turn", `${page}:${turn}`);
    }
  });
})();
