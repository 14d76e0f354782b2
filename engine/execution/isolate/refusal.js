// Why an expression has no value: a kind that engine/execution/feel.py has a sentence for, and the place.
export class Refusal extends Error {
  constructor(kind, detail, place) {
    super(detail);
    Object.assign(this, { kind, detail, position: place && { from: place.from, to: place.to } });
  }
}
