// What the isolate that evaluates FEEL contains: bpmn.io's own interpreter, our corrections of it, and the decisions.
// The one door is `samspel(request)`: text in, text out, both JSON; engine/execution/feel.py stands on the other side.
import './isolate/corrections.js';
import { evaluate, unaryTest } from '@bpmn-io/feelin';
import { decode, encode } from './isolate/values.js';
import { freeNames, refuseClocks, refuseLiterals, refuseSyntax, tree } from './isolate/tree.js';
import { answer, refusal } from './isolate/expressions.js';

const ACTIONS = {
  evaluate: ({ text, context }, contexts) => encode(answer(evaluate, text, contexts[context])),
  test: ({ text, context, value }, contexts) => answer(unaryTest, text, { ...contexts[context], '?': decode(value) }) === true,
  parse: ({ text, unary, roots }) => {
    const top = tree(text, unary);
    refuseSyntax(text, top);
    refuseClocks(text, top);
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
