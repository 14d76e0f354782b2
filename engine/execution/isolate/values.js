// FEEL values to and from the tagged JSON of engine/execution/feel.py, which describes it.
import { DateTime, Duration, FixedOffsetZone, IANAZone, SystemZone } from 'luxon';
import { millisecondsOf, monthsOf } from './corrections.js';

const DAY = 86_400_000;
// What a value was when it came in: given back unchanged, with the microseconds that a JavaScript date cannot hold.
const ORIGIN = Symbol('origin');

export class NotAValue extends Error {}

export function decode(json) {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return json.map(decode);
  const keys = Object.keys(json);
  if (keys.length === 1 && keys[0].startsWith('$')) return keys[0] === '$map' ? decodeEntries(json.$map) : decodeTag(keys[0], json);
  return decodeEntries(json);
}

function decodeEntries(json) {
  const context = {};
  for (const key of Object.keys(json)) {
    if (key !== '__proto__') context[key] = decode(json[key]);
  }
  return context;
}

function decodeTag(tag, json) {
  const value = TAGS[tag](json[tag]);
  value[ORIGIN] = json;
  return value;
}

const TAGS = {
  $date: (text) => DateTime.fromISO(text, { zone: FixedOffsetZone.utcInstance }),
  $at: (text) => {
    const [instant, zone] = text.split('[');
    return DateTime.fromISO(instant, { zone: zone ? zoneNamed(zone.slice(0, -1)) : FixedOffsetZone.instance(0) });
  },
  $time: (text) => DateTime.fromISO(`1900-01-01T${text}`, { setZone: true }),
  $duration: (text) => Duration.fromISO(text),
  $months: (count) => Duration.fromObject({ months: count }),
};

function zoneNamed(name) {
  if (name === 'Europe/Stockholm') return SystemZone.instance;
  const offset = /^([+-])(\d\d):(\d\d)(?::(\d\d))?/.exec(name);
  if (!offset) return IANAZone.create(name);
  const [, sign, hours, minutes, seconds = 0] = offset;
  return FixedOffsetZone.instance((sign === '-' ? -1 : 1) * (+hours * 60 + +minutes + seconds / 60));
}

export function encode(value) {
  switch (typeof value) {
    case 'undefined': return null;
    case 'boolean': case 'string': return value;
    case 'number':
      if (!Number.isFinite(value)) throw new NotAValue('number');
      // Python would read the digits as a whole number, exact to the last; a float has no such last digits.
      return Number.isInteger(value) && !Number.isSafeInteger(value) ? { $number: String(value) } : value;
    case 'function': throw new NotAValue('function');
  }
  if (value === null) return null;
  if (value[ORIGIN]) return value[ORIGIN];
  if (Array.isArray(value)) return value.map(encode);
  if (DateTime.isDateTime(value)) return encodeDateTime(value);
  if (Duration.isDuration(value)) return encodeDuration(value);
  if (Object.getPrototypeOf(value) !== Object.prototype) throw new NotAValue(value.includes ? 'range' : 'function');
  const json = {};
  for (const [key, entry] of Object.entries(value)) json[key] = encode(entry);
  const keys = Object.keys(json);
  return keys.length === 1 && keys[0].startsWith('$') ? { $map: json } : json;
}

function encodeDateTime(value) {
  if (value.zone === FixedOffsetZone.utcInstance) return { $date: value.toISODate() };
  if (value.year === 1900 && value.month === 1 && value.day === 1) {
    return { $time: value.toISOTime({ includeOffset: value.zone instanceof FixedOffsetZone }) };
  }
  return { $at: new Date(value.toMillis()).toISOString() + zoneSuffix(value.zone) };
}

function zoneSuffix(zone) {
  if (!(zone instanceof FixedOffsetZone)) return `[${zone.name}]`;
  return zone.fixed === 0 ? '' : `[${zone.formatOffset(0, 'short')}]`;
}

function encodeDuration(value) {
  const months = monthsOf(value);
  const milliseconds = Math.round(millisecondsOf(value));
  if (months && milliseconds) throw new NotAValue('duration');
  if (months || !milliseconds && ['months', 'years'].some((unit) => unit in value.toObject())) {
    if (!Number.isInteger(months)) throw new NotAValue('duration');
    return { $months: months };
  }
  const size = Math.abs(milliseconds);
  return { $duration: `${milliseconds < 0 ? '-' : ''}P${Math.floor(size / DAY)}DT${(size % DAY) / 1000}S` };
}
