// Decisions: the boxed expressions of DMN, evaluated over the interpreter. engine/execution/dmn/ reads the files into
// programs: { nodes: { key: decision, input or knowledge }, types }, where a node's `logic` is a tree of boxes.
import { evaluate, unaryTest } from '@bpmn-io/feelin';
import { BUILTINS, equal, kindOf } from './comparisons.js';
import { answer } from './expressions.js';
import { Refusal } from './refusal.js';

// Evaluates one decision of a program with everything that it requires. Gives the value and, for each table on the
// way, the rules that it stands on.
export function decide(program, key, inputs) {
  const run = { program, inputs, values: new Map(), hits: [] };
  return { value: valueOf(key, run), hits: run.hits };
}

// Says where an error arose; the innermost place that knows stands.
function at(place, what) {
  try {
    return what();
  } catch (error) {
    error.place = { ...place, ...error.place };
    throw error;
  }
}

function valueOf(key, run) {
  if (!run.values.has(key)) {
    run.values.set(key, undefined);
    const node = run.program.nodes[key];
    run.values.set(key, at({ node: key }, () => ofNode(node, run)));
  }
  return run.values.get(key);
}

function ofNode(node, run) {
  if (node.kind === 'input') return typed(run.inputs[node.name] ?? null, node.type, run, node.name);
  const context = { ...run.inputs };
  for (const { key, path } of node.requires) place(context, path, valueOf(key, run));
  if (node.kind === 'knowledge') return box(node.logic, context, run);
  return typed(box(node.logic, context, run), node.type, run, node.name);
}

// An imported name stands in a context of its own: document.policy_document
function place(context, [name, ...rest], value) {
  if (!rest.length) {
    context[name] = value;
    return;
  }
  context[name] = kindOf(context[name]) === 'context' ? { ...context[name] } : {};
  place(context[name], rest, value);
}

function box(logic, context, run) {
  return at({ element: logic.id }, () => BOXES[logic.box](logic, context, run));
}

const BOXES = {
  literal: ({ text, type }, context, run) => typed(answer(evaluate, text, context), type, run, text),

  table,

  context: ({ entries, result }, outer, run) => {
    const context = {};
    for (const { name, type, value } of entries) {
      context[name] = typed(box(value, { ...outer, ...context }, run), type, run, name);
    }
    return result ? box(result, { ...outer, ...context }, run) : context;
  },

  function: ({ parameters, body }, outer, run) => {
    const called = (...values) => {
      const context = { ...outer };
      parameters.forEach(({ name, type }, index) => {
        context[name] = typed(values[index] ?? null, type, run, name);
      });
      return box(body, context, run);
    };
    called.$args = parameters.map(({ name }) => name);
    return called;
  },

  invocation: ({ called, bindings }, context, run) => {
    const invoked = box(called, context, run);
    if (typeof invoked !== 'function') throw new Refusal('function', called.text);
    const values = Object.fromEntries(bindings.map(({ name, value }) => [name, box(value, context, run)]));
    const unknown = Object.keys(values).find((name) => !invoked.$args.includes(name));
    if (unknown) throw new Refusal('function', unknown);
    return invoked(...invoked.$args.map((name) => values[name] ?? null));
  },

  list: ({ items }, context, run) => items.map((item) => box(item, context, run)),

  relation: ({ columns, rows }, context, run) => rows.map((row) => (
    Object.fromEntries(row.map((cell, index) => [columns[index], box(cell, context, run)]))
  )),

  conditional: ({ condition, then, otherwise }, context, run) => (
    box(box(condition, context, run) === true ? then : otherwise, context, run)
  ),

  for: ({ variable, items, body }, context, run) => each(items, context, run, (item, partial) => (
    box(body, { ...context, [variable]: item, partial }, run)
  )),

  every: ({ variable, items, body }, context, run) => (
    each(items, context, run, (item) => box(body, { ...context, [variable]: item }, run)).every((held) => held === true)
  ),

  some: ({ variable, items, body }, context, run) => (
    each(items, context, run, (item) => box(body, { ...context, [variable]: item }, run)).some((held) => held === true)
  ),

  filter: ({ items, body }, context, run) => {
    const list = listOf(items, context, run);
    return list.filter((item) => box(body, { ...context, ...(kindOf(item) === 'context' ? item : {}), item }, run) === true);
  },
};

function listOf(items, context, run) {
  const list = box(items, context, run);
  if (!Array.isArray(list)) throw new Refusal('type', items.text ?? '');
  return list;
}

function each(items, context, run, body) {
  const results = [];
  for (const item of listOf(items, context, run)) results.push(body(item, results));
  return results;
}

function table(logic, context, run) {
  const values = logic.inputs.map((input, index) => at({ column: index + 1 }, () => {
    const value = typed(answer(evaluate, input.text, context), input.type, run, input.text);
    return allowed(value, input.allowed, context, input.text);
  }));
  const matched = logic.rules.filter((rule, index) => at({ rule: index + 1, ruleId: rule.id }, () => (
    rule.tests.every((test, column) => at({ column: column + 1 }, () => passes(test, values[column], context)))
  )));
  const outputsOf = (rule) => at({ rule: logic.rules.indexOf(rule) + 1, ruleId: rule.id }, () => logic.outputs.map(
    (output, index) => at({ column: logic.inputs.length + index + 1 }, () => (
      typed(answer(evaluate, rule.outputs[index], context), output.type, run, rule.outputs[index])
    )),
  ));
  const hits = matched.map((rule) => ({ rule, number: logic.rules.indexOf(rule) + 1, outputs: outputsOf(rule) }));
  const chosen = HIT_POLICIES[logic.hitPolicy](hits, logic, context);
  run.hits.push(...chosen.map(({ rule }) => ({ table: logic.id, rule: rule.id })));
  return result(chosen, logic, context, run);
}

// A plain list of texts is by far the most common cell, and need not be parsed anew for each row.
const TEXTS = /^\s*"[^"\\]*"(\s*,\s*"[^"\\]*")*\s*$/;
const texts = new Map();

function passes(test, value, context) {
  if (test === '' || test === '-') return true;
  if (typeof value === 'string' && TEXTS.test(test)) {
    if (!texts.has(test)) texts.set(test, new Set(test.match(/"[^"]*"/g).map((text) => text.slice(1, -1))));
    return texts.get(test).has(value);
  }
  return answer(unaryTest, test, { ...context, '?': value }) === true;
}

const numbers = (hits) => hits.map(({ number }) => number).join(', ');

function byPriority(hits, logic, context) {
  const orders = logic.outputs.map(({ order }) => order && answer(evaluate, `[${order}]`, context));
  const ranks = (hit) => hit.outputs.map((value, index) => {
    if (!orders[index]) return 0;
    const rank = orders[index].findIndex((listed) => equal(listed, value));
    if (rank < 0) throw new Refusal('unlisted', numbers([hit]));
    return rank;
  });
  const ranked = hits.map((hit) => ({ hit, ranks: ranks(hit) }));
  ranked.sort((left, right) => {
    const column = left.ranks.findIndex((rank, index) => rank !== right.ranks[index]);
    return column < 0 ? 0 : left.ranks[column] - right.ranks[column];
  });
  return ranked.map(({ hit }) => hit);
}

const HIT_POLICIES = {
  UNIQUE: (hits) => {
    if (hits.length > 1) throw new Refusal('overlap', numbers(hits));
    return hits;
  },
  ANY: (hits) => {
    const differing = hits.filter(({ outputs }) => outputs.some((value, index) => !equal(value, hits[0].outputs[index])));
    if (differing.length) throw new Refusal('disagreement', numbers([hits[0], ...differing]));
    return hits;
  },
  FIRST: (hits) => hits.slice(0, 1),
  PRIORITY: (hits, logic, context) => byPriority(hits, logic, context).slice(0, 1),
  'RULE ORDER': (hits) => hits,
  'OUTPUT ORDER': byPriority,
  COLLECT: (hits) => hits,
};

const AGGREGATIONS = {
  SUM: (values) => {
    if (values.some((value) => typeof value !== 'number')) throw new Refusal('type', 'SUM');
    return values.length ? values.reduce((sum, value) => sum + value) : null;
  },
  COUNT: (values) => values.length,
  MIN: (values) => BUILTINS.min(values),
  MAX: (values) => BUILTINS.max(values),
};

function result(hits, logic, context, run) {
  const value = ({ outputs }) => (
    logic.outputs.length === 1 ? outputs[0] : Object.fromEntries(logic.outputs.map(({ name }, index) => [name, outputs[index]]))
  );
  const defaults = logic.outputs.map((output) => (
    output.default === '' ? null : typed(answer(evaluate, output.default, context), output.type, run, output.default)
  ));
  const hasDefault = logic.outputs.some((output) => output.default !== '');
  if (!hits.length && hasDefault) hits = [{ outputs: defaults }];
  if (logic.aggregation) return AGGREGATIONS[logic.aggregation](hits.map(({ outputs }) => outputs[0]));
  if (['COLLECT', 'RULE ORDER', 'OUTPUT ORDER'].includes(logic.hitPolicy)) return hits.map(value);
  return hits.length ? value(hits[0]) : null;
}

function allowed(value, test, context, what) {
  if (test && value !== null && !passes(test, value, context)) throw new Refusal('allowed', `${what}: ${test}`);
  return value;
}

const DURATIONS = ['years and months duration', 'days and time duration'];

function isOf(kind, base) {
  if (base === 'duration') return DURATIONS.includes(kind);
  return kind === base;
}

// A value as its declared type has it: a list of one becomes its element where one is wanted, and the other way around.
function typed(value, name, run, what) {
  const type = name && run.program.types[name];
  if (!type || value === null || value === undefined) return value ?? null;
  if (type.collection) {
    const items = Array.isArray(value) ? value : [value];
    return items.map((item) => single(item, type, run, what));
  }
  if (Array.isArray(value) && value.length === 1 && type.base !== 'list') return single(value[0], type, run, what);
  return single(value, type, run, what);
}

function single(value, type, run, what) {
  if (value === null || value === undefined) return null;
  if (type.of) return allowed(typed(value, type.of, run, what), type.allowed, {}, what);
  if (type.fields) {
    if (kindOf(value) !== 'context') throw new Refusal('declared', `${what}: ${kindOf(value)} ≠ context`);
    const checked = { ...value };
    for (const [field, fieldType] of Object.entries(type.fields)) {
      if (field in checked) checked[field] = typed(checked[field], fieldType, run, `${what}.${field}`);
    }
    return allowed(checked, type.allowed, {}, what);
  }
  if (type.base !== 'Any' && !isZeroDuration(value, type.base) && !isOf(kindOf(value), type.base)) {
    throw new Refusal('declared', `${what}: ${kindOf(value)} ≠ ${type.base}`);
  }
  return allowed(value, type.allowed, {}, what);
}

// P0D and P0M are the same nothing.
const isZeroDuration = (value, base) => DURATIONS.includes(base) && DURATIONS.includes(kindOf(value)) && value.valueOf() === 0;
