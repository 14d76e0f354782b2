// What pages have beside their HTML: they work without it too.

import { Button, ErrorSummary, SkipLink, createAll, isSupported } from "govuk-frontend";
import { followBusy } from "./busy.js";
import { followForm } from "./draft.js";

if (isSupported() || "noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("js-enabled", "govuk-frontend-supported");
  createAll(Button, { preventDoubleClick: true });
  createAll(ErrorSummary);
  createAll(SkipLink);
}

const form = document.querySelector("form[data-draft]");
if (form) {
  followForm(form);
}

document.querySelectorAll("form[data-busy]").forEach(followBusy);
