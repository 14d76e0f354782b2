// What a cell's unary tests accept, where that can be told from the text alone: for finding overlaps and gaps in tables.
import { evaluate } from '@bpmn-io/feelin';
import { kindOf } from './comparisons.js';
import { freeNames, tree } from './tree.js';

// Gives { negated, tests: [{ kind, key } | { kind, low, lowIn, high, highIn }] }, no tests meaning everything, or null
// where the cell reads variables or calls functions of its value.
export function cellOf(text) {
  if (text === '' || text === '-') return { negated: true, tests: [] };
  const top = tree(text, true);
  const tests = [];
  let negated = false;
  for (let child = top.firstChild; child; child = child.nextSibling) {
    if (child.name === 'not') negated = true;
    if (child.name === 'Wildcard') return { negated: true, tests: [] };
    if (child.name !== 'PositiveUnaryTests') continue;
    for (let test = child.firstChild; test; test = test.nextSibling) {
      if (test.name === 'PositiveUnaryTest') tests.push(testOf(text, test.firstChild));
    }
  }
  return tests.length && !tests.includes(null) ? { negated, tests } : null;
}

function constant(text, node) {
  const source = text.slice(node.from, node.to);
  if (source.includes('?') || freeNames(text, node, []).length) return null;
  const value = evaluate(source).value;
  const kind = kindOf(value);
  if (['list', 'context', 'function', 'range'].includes(kind)) return null;
  return { kind, key: typeof value === 'object' && value ? value.valueOf() : value };
}

function testOf(text, node) {
  if (node.name !== 'SimplePositiveUnaryTest') return LITERALS.includes(node.name) ? constant(text, node) : null;
  const first = node.firstChild;
  if (first.name === 'Interval') return interval(text, first);
  const bound = constant(text, node.lastChild);
  return (bound && ordered(bound) && COMPARISONS[text.slice(first.from, first.to)]?.(bound)) || null;
}

const LITERALS = ['StringLiteral', 'NumericLiteral', 'BooleanLiteral', 'DateTimeLiteral', 'ArithmeticExpression', 'null'];
const ordered = ({ kind }) => !['string', 'boolean', 'null'].includes(kind);

const COMPARISONS = {
  '<': ({ kind, key }) => ({ kind, low: null, lowIn: false, high: key, highIn: false }),
  '<=': ({ kind, key }) => ({ kind, low: null, lowIn: false, high: key, highIn: true }),
  '>': ({ kind, key }) => ({ kind, low: key, lowIn: false, high: null, highIn: false }),
  '>=': ({ kind, key }) => ({ kind, low: key, lowIn: true, high: null, highIn: false }),
};

function interval(text, node) {
  const low = constant(text, node.firstChild.nextSibling);
  const high = constant(text, node.lastChild.prevSibling);
  if (!low || !high || low.kind !== high.kind || !ordered(low)) return null;
  return {
    kind: low.kind,
    low: low.key,
    lowIn: text[node.from] === '[',
    high: high.key,
    highIn: text[node.to - 1] === ']',
  };
}
