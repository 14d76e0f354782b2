// What the isolate that evaluates FEEL contains: bpmn.io's own interpreter, our corrections of it, and the decisions.
// The one door is `samspel(request)`: text in, text out, both JSON; engine/execution/feel.py stands on the other side.
import './isolate/corrections.js';
import { evaluate, unaryTest } from '@bpmn-io/feelin';
import { decode, encode } from './isolate/values.js';
import { freeNames, refuseClocks, refuseLiterals, refuseSyntax, refuseUnsupported, tree } from './isolate/tree.js';
import { cellOf } from './isolate/cells.js';
import { answer, refusal } from './isolate/expressions.js';
import { decide } from './isolate/decisions.js';
import { Refusal } from './isolate/refusal.js';

// Programs stay here under their digest, so that a table need not travel with every question.
const programs = new Map();
const MOST_PROGRAMS = 200;

function programOf({ digest, program }) {
  if (program) {
    if (programs.size >= MOST_PROGRAMS) programs.delete(programs.keys().next().value);
    programs.set(digest, program);
  }
  if (!programs.has(digest)) throw new Refusal('forgotten', digest);
  return programs.get(digest);
}

const ACTIONS = {
  evaluate: ({ text, context }, contexts) => encode(answer(evaluate, text, contexts[context])),
  test: ({ text, context, value }, contexts) => answer(unaryTest, text, { ...contexts[context], '?': decode(value) }) === true,
  decide: ({ key, context, ...call }, contexts) => {
    const { value, hits } = decide(programOf(call), key, contexts[context]);
    return { value: encode(value), hits };
  },
  cell: ({ text }) => cellOf(text),
  parse: ({ text, unary, roots }) => {
    const top = tree(text, unary);
    refuseSyntax(text, top);
    refuseClocks(text, top);
    refuseUnsupported(text, top);
    refuseLiterals(text, top);
    return freeNames(text, top, roots);
  },
};

globalThis.samspel = (request) => {
  const { contexts, calls } = JSON.parse(request);
  const decoded = contexts.map(decode);
  return JSON.stringify(calls.map((call) => {
    try {
      return { value: ACTIONS[call.action](call, decoded) };
    } catch (error) {
      return { refusal: refusal(error) };
    }
  }));
};
