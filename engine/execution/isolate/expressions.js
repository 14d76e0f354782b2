// One expression evaluated, with everything refused that the interpreter only warns of.
import { SyntaxError as FeelSyntaxError, unaryTest } from '@bpmn-io/feelin';
import { NotAValue } from './values.js';
import { BUILTINS } from './comparisons.js';
import { Refusal } from './refusal.js';
import { refuseClocks, tree } from './tree.js';

const isNothing = (value) => value === null || value === undefined;
const isContext = (value) => Object.getPrototypeOf(value) === Object.prototype;

// A missing entry of a context, any entry of null, and sums with null are null, as FEEL has it; the rest is an error.
function isHarmless({ type, details }) {
  const { values } = details;
  switch (type) {
    case 'NO_CONTEXT_ENTRY_FOUND': return true;
    case 'NO_PROPERTY_FOUND': return isNothing(values.target) || isContext(values.target);
    case 'INVALID_TYPE': return isNothing(values.left) || isNothing(values.right);
    default: return false;
  }
}

const KINDS = { NO_VARIABLE_FOUND: 'unknown', NO_FUNCTION_FOUND: 'function' };

export function answer(how, text, variables) {
  try {
    return strictly(how, text, variables);
  } catch (error) {
    error.text ??= text;
    throw error;
  }
}

function strictly(how, text, variables) {
  const context = { ...BUILTINS, ...variables };
  if (/(today|now)\s*\(/.test(text)) refuseClocks(text, tree(text, how === unaryTest, context));
  const { value, warnings } = how(text, context);
  const wrong = warnings.find((warning) => !isHarmless(warning));
  if (wrong) {
    const { from, to } = wrong.position;
    throw new Refusal(KINDS[wrong.type] ?? 'type', text.slice(from, to), wrong.position);
  }
  return value;
}

export function refusal(error) {
  return { ...reason(error), text: error.text, place: error.place };
}

function reason(error) {
  if (error instanceof Refusal) return { kind: error.kind, detail: error.detail, position: error.position };
  if (error instanceof FeelSyntaxError) return { kind: 'syntax', detail: error.input, position: error.position };
  if (error instanceof NotAValue) return { kind: 'result', detail: error.message };
  // luxon does not export its error types
  if (/^(Invalid|there is no) /.test(error.message)) return { kind: 'calendar', detail: error.message };
  if (/^unsupported range/.test(error.message)) return { kind: 'type', detail: error.text };
  return { kind: 'failure', detail: String(error.message) };
}
