/* Note where a visit was, when the officer asks for it and the browser grants it. */

"use strict";

(() => {
  const part = document.querySelector(".place");
  if (!part || !("geolocation" in navigator)) {
    return;
  }
  part.hidden = false;
  const said = part.querySelector("p");
  const field = (name) => part.querySelector(`[name=${name}]`);
  part.querySelector("button").addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        field("lat").value = coords.latitude.toFixed(6);
        field("lon").value = coords.longitude.toFixed(6);
        field("accuracy_m").value = Math.round(coords.accuracy);
        said.textContent = part.dataset.found.replace("{metres}", Math.round(coords.accuracy));
      },
      () => {
        said.textContent = part.dataset.failed;
      },
      { enableHighAccuracy: true, timeout: 30000, maximumAge: 60000 },
    );
  });
})();
