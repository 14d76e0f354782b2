// Comparing: only like with like, and dates in lists too.
import { evaluate } from '@bpmn-io/feelin';
import { DateTime, Duration, FixedOffsetZone } from 'luxon';
import { millisecondsOf, monthsOf } from './corrections.js';
import { Refusal } from './refusal.js';

export function kindOf(value) {
  if (value === null || value === undefined) return 'null';
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'list';
  if (Duration.isDuration(value)) return monthsOf(value) ? 'years and months duration' : 'days and time duration';
  if (!DateTime.isDateTime(value)) return Object.getPrototypeOf(value) === Object.prototype ? 'context' : 'function';
  if (value.zone === FixedOffsetZone.utcInstance) return 'date';
  return value.year === 1900 && value.month === 1 && value.day === 1 ? 'time' : 'date and time';
}

const isZero = (value) => Duration.isDuration(value) && !monthsOf(value) && !millisecondsOf(value);

// JavaScript would find "7" > 5, and compare a day with a moment by its midnight in UTC.
function refuseUnlike(value, bound) {
  if (value === null || bound === null || value === undefined || isZero(value) || isZero(bound)) return;
  const [kind, wanted] = [kindOf(value), kindOf(bound)];
  if (kind !== wanted) throw new Refusal('compare', `${kind} ≠ ${wanted}`);
}

// The interpreter keeps its ranges to itself, but every range passes here when it is given its `includes`.
const Range = evaluate('[1..2]').value.constructor;
Object.defineProperty(Range.prototype, 'includes', {
  set(includes) {
    Object.defineProperty(this, 'includes', {
      value: (value) => {
        refuseUnlike(value, this.start ?? this.end);
        return includes(value);
      },
    });
  },
});

export function equal(left, right) {
  if (left === right) return true;
  return typeof left === 'object' && kindOf(left) === kindOf(right) && evaluate('left = right', { left, right }).value === true;
}

function builtin(parameters, how) {
  how.$args = parameters;
  return how;
}

const listOf = (items) => (items.length === 1 && Array.isArray(items[0]) ? items[0] : items);

function extreme(isBetter) {
  return builtin(['...list'], (...items) => {
    const list = listOf(items);
    if (!list.length || list.includes(null)) return null;
    list.forEach((item) => refuseUnlike(item, list[0]));
    return list.reduce((best, item) => (isBetter(item, best) ? item : best));
  });
}

// Instead of the interpreter's own, which know numbers only, or compare dates as objects.
export const BUILTINS = {
  'list contains': builtin(['list', 'element'], (list, element) => (
    Array.isArray(list) ? list.some((item) => equal(item, element)) : null
  )),
  'index of': builtin(['list', 'match'], (list, match) => (
    Array.isArray(list) ? list.flatMap((item, index) => (equal(item, match) ? [index + 1] : [])) : null
  )),
  min: extreme((item, best) => item < best),
  max: extreme((item, best) => item > best),
};
