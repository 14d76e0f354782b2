// Keeps a form's answers on the server while they are being written, and hides what they make superfluous.

const QUIET = 1500; // milliseconds without a key before a text is sent
const AT_ONCE = 150; // after a choice, which may change what is asked

export function followForm(form) {
  const status = form.querySelector("[data-saved]");
  const version = form.querySelector("[name=draft_version]");
  let waiting;
  let saving = null;
  let again = false;
  let leaving = false;

  // One at a time: the next says which draft the one before it made, so that a page is never in conflict with itself.
  function save() {
    if (saving) {
      again = true;
      return saving;
    }
    saving = send().finally(() => {
      saving = null;
      if (again && !leaving) {
        again = false;
        save();
      }
    });
    return saving;
  }

  async function send() {
    const body = new FormData(form);
    body.delete("do");
    for (const input of form.querySelectorAll("input[type=file]")) {
      body.delete(input.name); // files go with a button
    }
    try {
      const answer = await fetch(form.dataset.draft, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "error" });
      const told = await answer.json();
      status.textContent = told.saved ?? told.message ?? form.dataset.unsaved;
      if (told.version !== undefined && version) {
        version.value = told.version;
      }
      if (told.hidden) {
        hide(new Set(told.hidden));
      }
    } catch {
      // No connection: the text stands in the page, and the button says the rest.
      if (!leaving) {
        status.textContent = form.dataset.unsaved;
      }
    }
  }

  function hide(places) {
    for (const part of form.querySelectorAll("[data-place]")) {
      part.hidden = places.has(part.dataset.place);
    }
  }

  function soon(delay) {
    clearTimeout(waiting);
    waiting = setTimeout(save, delay);
  }

  form.addEventListener("input", () => soon(QUIET));
  form.addEventListener("change", (event) => soon(event.target.matches("input[type=radio], input[type=checkbox], select") ? AT_ONCE : QUIET));
  form.addEventListener("submit", (event) => {
    clearTimeout(waiting);
    leaving = true;
    if (saving) {
      // What is on its way comes first, then the form goes with the version that it made.
      const button = event.submitter;
      event.preventDefault();
      saving.finally(() => form.requestSubmit(button));
    }
  });
  window.addEventListener("pageshow", () => {
    leaving = false; // back from another page
  });
}
