// Draws a process beside its list of steps. The list is the truth: every mark in the picture is read from it.

import Viewer from "bpmn-js/lib/Viewer";

const MARGIN = 24; // around the drawing, in its own units
const STEP = 1.25;
const READABLE = 0.9; // the size at which one reads a task's name
const WORDS = 0.5; // below this a mark shows its symbol alone
const LARGEST = 2.5;

class Picture {
  constructor(section) {
    this.section = section;
    this.window = section.querySelector(".samspel-drawing__window");
    this.canvasHolder = section.querySelector(".samspel-drawing__canvas");
    this.steps = new Map([...document.querySelectorAll("[data-element]")].map((step) => [step.dataset.element, step]));
  }

  async draw() {
    const answer = await fetch(this.section.dataset.drawing, { headers: { Accept: "application/xml" } });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    this.section.querySelector("[data-shown]").hidden = false;
    this.viewer = new Viewer({ container: this.canvasHolder });
    await this.viewer.importXML(await answer.text());
    this.canvas = this.viewer.get("canvas");
    this.shapes = this.viewer.get("elementRegistry");
    this.overlays = this.viewer.get("overlays");
    this.box = this.canvas.viewbox().inner;
    this.describe();
    this.mark();
    this.listen();
    this.begin();
    this.section.dataset.drawn = "true";
  }

  describe() {
    const svg = this.canvasHolder.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", this.section.dataset.alternative);
    svg.removeAttribute("tabindex");
  }

  mark() {
    for (const [id, step] of this.steps) {
      const shape = this.shapes.get(id);
      if (!shape) {
        continue;
      }
      const state = step.dataset.state;
      if (state) {
        this.canvas.addMarker(id, `samspel-is-${state}`);
        this.shapes.getGraphics(id).dataset.state = state;
        if (state !== "coming" && state !== "not_taken") {
          const sign = step.querySelector(".samspel-mark").cloneNode(true);
          sign.setAttribute("aria-hidden", "true");
          this.overlays.add(id, "state", { position: { top: -16, left: -10 }, html: sign, scale: { min: 0.7 } });
        }
      }
      const link = step.querySelector("[data-show]");
      if (link) {
        link.hidden = false;
      }
    }
  }

  listen() {
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-show]");
      if (link) {
        event.preventDefault();
        this.show(link.dataset.show, true);
      }
      const back = event.target.closest("[data-back-to]");
      if (back) {
        event.preventDefault();
        this.goBack(back.dataset.backTo);
      }
    });
    for (const button of this.section.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoomBy(button.dataset.zoom));
    }
    this.window.addEventListener("keydown", (event) => this.press(event));
    this.viewer.on("element.click", ({ element }) => {
      const id = element.labelTarget ? element.labelTarget.id : element.id;
      if (this.steps.has(id) && !this.dragged) {
        this.show(id, true);
      }
    });
    this.drag();
    window.addEventListener("beforeprint", () => this.setScale(this.fitting(1000)));
    window.addEventListener("afterprint", () => this.begin());
  }

  drag() {
    let from = null;
    this.window.addEventListener("mousedown", (event) => {
      from = event.button === 0 && !event.target.closest("a") ? { x: event.clientX, y: event.clientY, left: this.window.scrollLeft, top: this.window.scrollTop } : null;
      this.dragged = false;
    });
    document.addEventListener("mousemove", (event) => {
      if (from && event.buttons === 1) {
        this.dragged = this.dragged || Math.hypot(event.clientX - from.x, event.clientY - from.y) > 4;
        this.window.scrollTo(from.left - (event.clientX - from.x), from.top - (event.clientY - from.y));
      }
    });
    document.addEventListener("mouseup", () => {
      from = null;
    });
  }

  press(event) {
    const what = { "+": "in", "=": "in", "-": "out", 0: "fit" }[event.key];
    if (what && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.zoomBy(what);
    } else if (event.key === "Escape" && this.shown) {
      this.goBack(this.shown);
    }
  }

  zoomBy(what) {
    const fit = this.fitting();
    if (what === "in") {
      this.setScale(this.scale * STEP);
    } else if (what === "out") {
      this.setScale(this.scale / STEP);
    } else if (what === "here") {
      this.showHere();
    } else {
      this.setScale(fit);
      this.window.scrollTo(0, 0);
    }
  }

  fitting(width = this.window.clientWidth) {
    return width / (this.box.width + 2 * MARGIN);
  }

  setScale(scale) {
    const before = this.scale || scale;
    const middle = {
      x: (this.window.scrollLeft + this.window.clientWidth / 2) / before,
      y: (this.window.scrollTop + this.window.clientHeight / 2) / before,
    };
    this.scale = Math.min(Math.max(scale, Math.min(this.fitting(), READABLE)), LARGEST);
    const size = { width: this.box.width + 2 * MARGIN, height: this.box.height + 2 * MARGIN };
    this.canvasHolder.style.width = `${Math.ceil(size.width * this.scale)}px`;
    this.canvasHolder.style.height = `${Math.ceil(size.height * this.scale)}px`;
    this.section.classList.toggle("samspel-drawing--far", this.scale < WORDS);
    this.canvas.resized();
    this.canvas.viewbox({ x: this.box.x - MARGIN, y: this.box.y - MARGIN, ...size });
    this.window.scrollTo(middle.x * this.scale - this.window.clientWidth / 2, middle.y * this.scale - this.window.clientHeight / 2);
  }

  begin() {
    this.setScale(this.fitting());
    if (this.here()) {
      this.showHere();
    }
  }

  here() {
    const open = [...this.steps.values()].filter((step) => ["late", "waiting"].includes(step.dataset.state) && this.shapes.get(step.dataset.element));
    return open.find((step) => step.dataset.state === "late") || open[0];
  }

  showHere() {
    this.setScale(Math.max(READABLE, Math.min(this.fitting(), 1)));
    this.centre(this.here().dataset.element);
  }

  centre(id) {
    const shape = this.shapes.get(id);
    const x = (shape.x + shape.width / 2 - this.box.x + MARGIN) * this.scale;
    const y = (shape.y + shape.height / 2 - this.box.y + MARGIN) * this.scale;
    this.window.scrollTo(x - this.window.clientWidth / 2, y - this.window.clientHeight / 2);
  }

  show(id, focus) {
    if (!this.shapes.get(id)) {
      return;
    }
    this.leave();
    this.shown = id;
    this.canvas.addMarker(id, "samspel-is-shown");
    const back = document.createElement("a");
    back.href = `#step-${id}`;
    back.className = "govuk-link samspel-drawing__back";
    back.dataset.backTo = id;
    back.textContent = this.section.dataset.back;
    this.overlays.add(id, "back", { position: { bottom: -6, left: 0 }, html: back, scale: false });
    this.setScale(Math.max(this.scale, READABLE));
    this.centre(id);
    this.section.scrollIntoView({ block: "nearest" });
    if (focus) {
      back.focus({ preventScroll: true });
    }
  }

  leave() {
    if (this.shown) {
      this.canvas.removeMarker(this.shown, "samspel-is-shown");
      this.overlays.remove({ element: this.shown, type: "back" });
      this.shown = null;
    }
  }

  goBack(id) {
    this.leave();
    const step = this.steps.get(id);
    const link = step.querySelector("[data-show]");
    step.scrollIntoView({ block: "center" });
    (link || step).focus({ preventScroll: true });
  }
}

// A link to a folded part unfolds it.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
  }
}

window.addEventListener("hashchange", unfold);
unfold();

for (const section of document.querySelectorAll("[data-drawing]")) {
  new Picture(section).draw().catch(() => {
    section.querySelector("[data-shown]").hidden = true;
    section.querySelector("[data-failed]").hidden = false;
  });
}
