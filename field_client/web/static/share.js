// Buttons that only scripts can serve: share or copy a text, print the page. Hidden without them.
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.querySelector(button.dataset.share);
    if (navigator.share) {
      await navigator.share({ text: field.value }).catch(() => {});
      return;
    }
    field.select();
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(field.value).catch(() => {});
    }
    document.execCommand("copy");
    button.lastChild.textContent = button.dataset.done;
  });
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
