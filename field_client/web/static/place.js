/* Note where a visit was: when the officer asks for it, or at once where the browser may already. */

"use strict";

(() => {
  const part = document.querySelector(".place");
  if (!part || !("geolocation" in navigator)) {
    return;
  }
  const ROUGH_M = 100;
  const said = part.querySelector("p");
  const field = (name) => part.querySelector(`[name=${name}]`);
  const found = ({ coords }) => {
    const metres = Math.round(coords.accuracy);
    field("lat").value = coords.latitude.toFixed(6);
    field("lon").value = coords.longitude.toFixed(6);
    field("accuracy_m").value = metres;
    const { rough, found: exact } = part.dataset;
    said.textContent = (metres > ROUGH_M ? rough : exact).replace("{metres}", metres);
  };
  const failed = () => {
    said.textContent = part.dataset.failed;
  };
  const seek = () => {
    said.textContent = part.dataset.seeking;
    const how = { enableHighAccuracy: true, timeout: 30000, maximumAge: 60000 };
    navigator.geolocation.getCurrentPosition(found, failed, how);
  };
  part.hidden = false;
  part.querySelector("button").addEventListener("click", seek);
  if (navigator.permissions) {
    navigator.permissions
      .query({ name: "geolocation" })
      .then(({ state }) => (state === "granted" ? seek() : undefined))
      .catch(() => {});
  }
})();
