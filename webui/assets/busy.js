// A form whose work takes a while says so, and is not sent twice.

export function followBusy(form) {
  form.addEventListener("submit", () => {
    form.setAttribute("aria-busy", "true");
    form.querySelector("[role=status]").textContent = form.dataset.busy;
    // Only once the form is on its way: a button that is disabled before sends no value.
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
  // The back button may show the page as it was left.
  window.addEventListener("pageshow", () => {
    form.removeAttribute("aria-busy");
    form.querySelector("[role=status]").textContent = "";
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  });
}
