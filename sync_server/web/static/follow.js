// Follows work that is under way; without this script the link "look again" does.
"use strict";

(() => {
  const PAUSE_MS = 1500;

  const look = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("#progress[data-follow]");
    if (!answer.ok || found === null) {
      location.reload();
      return;
    }
    document.querySelector("#progress").replaceWith(document.adoptNode(found));
    setTimeout(again, PAUSE_MS);
  };
  const again = () => look().catch(() => setTimeout(again, 4 * PAUSE_MS));
  setTimeout(again, PAUSE_MS);
})();
