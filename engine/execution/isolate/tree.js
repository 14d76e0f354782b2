// What can be said of an expression without evaluating it: where it breaks off, and which names it reads.
import { evaluate, parseExpression, parseUnaryTests } from '@bpmn-io/feelin';
import { Refusal } from './refusal.js';

export function tree(text, unary, context = {}) {
  return (unary ? parseUnaryTests : parseExpression)(text, context).topNode;
}

function children(node) {
  const list = [];
  for (let child = node.firstChild; child; child = child.nextSibling) list.push(child);
  return list;
}

function* walk(node) {
  yield node;
  for (const child of children(node)) yield* walk(child);
}

// The isolate's own clock stands still, so asking it is refused; `today` and `now` without parentheses are facts.
export function refuseClocks(text, node) {
  if (!/(today|now)\s*\(/.test(text)) return;
  for (const call of walk(node)) {
    const name = call.name === 'FunctionInvocation' && call.firstChild;
    const called = name && text.slice(name.from, name.to);
    if (called === 'today' || called === 'now') throw new Refusal('clock', called, call);
  }
}

export function refuseSyntax(text, node) {
  for (const part of walk(node)) {
    if (part.type.isError) throw new Refusal('syntax', text.slice(part.from, part.to), part);
  }
}

// A date that is written out and does not exist is found before anything runs.
export function refuseLiterals(text, node) {
  for (const literal of walk(node)) {
    if (literal.name !== 'DateTimeLiteral' || [...walk(literal)].some((part) => part.name === 'VariableName' || part.name === '?')) continue;
    const source = text.slice(literal.from, literal.to);
    let value = null;
    try {
      value = evaluate(source).value;
    } catch { /* luxon's words are not the owner's */ }
    if (value === null) throw new Refusal('literal', source, literal);
  }
}

// What the interpreter reads and then does not carry out.
const UNSUPPORTED = [
  'overlaps before', 'overlaps after', 'finishes', 'finished by', 'during', 'starts', 'started by', 'coincides',
];

export function refuseUnsupported(text, node) {
  for (const part of walk(node)) {
    if (part.name === 'InstanceOfExpression') throw new Refusal('unsupported', 'instance of', part);
    const called = part.name === 'FunctionInvocation' && pathOf(text, part.firstChild)?.[0];
    if (UNSUPPORTED.includes(called)) throw new Refusal('unsupported', called, part);
  }
}

const known = new Map();

export function isBuiltin(name) {
  if (!known.has(name)) known.set(name, typeof evaluate(name, {}).value === 'function');
  return known.get(name);
}

const nameOf = (text, node) => children(node).map((part) => text.slice(part.from, part.to)).join(' ').replace(/`/g, '');

// The dotted path that a node spells, or null: policy.meeting_max_days
function pathOf(text, node) {
  if (node.name === 'VariableName') return [nameOf(text, node)];
  if (node.name !== 'PathExpression') return null;
  const [target, property] = children(node);
  const path = pathOf(text, target);
  return path && [...path, nameOf(text, property)];
}

const CLOCKS = new Set(['today', 'now']);

// The free names of an expression. In a filter a bare name may be an entry of the element as well as a variable: there only
// names whose first part is one of `roots` are taken for variables. `today` and `now` are facts here, though FEEL has functions of those names.
export function freeNames(text, node, roots) {
  const names = new Set();
  const found = (path, scope) => {
    if (scope.locals.has(path[0])) return;
    if (scope.filter ? roots.includes(path[0]) : CLOCKS.has(path[0]) || !isBuiltin(path[0])) names.add(path.join('.'));
  };
  const within = (scope, ...locals) => ({ ...scope, locals: new Set([...scope.locals, ...locals]) });

  function visit(part, scope) {
    const path = pathOf(text, part);
    if (path) return found(path, scope);
    const parts = children(part);
    switch (part.name) {
      case 'PathExpression': return visit(parts[0], scope);
      case 'Type': return;
      case 'NamedParameter': return visit(parts[1], scope);
      case 'FilterExpression':
        visit(parts[0], scope);
        return parts.slice(1).forEach((inner) => visit(inner, { ...within(scope, 'item'), filter: true }));
      case 'Context': {
        let inner = scope;
        for (const entry of parts.filter((child) => child.name === 'ContextEntry')) {
          const [key, value] = children(entry);
          visit(value, inner);
          inner = within(inner, nameOf(text, key.firstChild.name === 'Name' ? key.firstChild : key));
        }
        return;
      }
      case 'ForExpression': case 'QuantifiedExpression': {
        let inner = within(scope, 'partial');
        for (const child of parts) {
          if (child.name !== 'InExpressions') {
            visit(child, inner);
            continue;
          }
          for (const loop of children(child)) {
            const [name, , range] = children(loop);
            visit(range, inner);
            inner = within(inner, nameOf(text, name));
          }
        }
        return;
      }
      case 'FunctionDefinition': {
        const parameters = [...walk(part)].filter((child) => child.name === 'ParameterName');
        const body = parts.find((child) => child.name === 'FunctionBody');
        return visit(body, within(scope, ...parameters.map((name) => nameOf(text, name.firstChild))));
      }
      default: return parts.forEach((child) => visit(child, scope));
    }
  }

  visit(node, { locals: new Set(), filter: false });
  return [...names].sort();
}
