// Where the interpreter, or the luxon library that holds its dates, would give a wrong answer without a word.
// Each correction has its test in tests/execution/test_feel_dates.py.
import { DateTime, Duration, FixedOffsetZone, IANAZone, Settings, SystemZone } from 'luxon';

const STOCKHOLM = IANAZone.create('Europe/Stockholm');

// A date-time without a zone means Swedish time, wherever the server stands.
Object.defineProperty(SystemZone.prototype, 'name', { get: () => STOCKHOLM.name });
SystemZone.prototype.offset = (moment) => STOCKHOLM.offset(moment);
SystemZone.prototype.equals = (other) => other.name === STOCKHOLM.name;

// The interpreter tells a date by its zone object: a midnight written with Z must not become a date.
FixedOffsetZone.instance = (minutes) => new FixedOffsetZone(minutes);

// date(moment) is the day in the moment's own zone, not in UTC. Only the interpreter writes 'utc' as a word.
const setZone = DateTime.prototype.setZone;
DateTime.prototype.setZone = function (zone, options) {
  return setZone.call(this, zone, zone === 'utc' ? { keepLocalTime: true } : options);
};

// Two date-times are equal when they are the same moment.
DateTime.prototype.equals = function (other) {
  return this.valueOf() === other.valueOf();
};

// The interpreter compares durations over 180 days in whole months, and others in whole seconds; here to the millisecond,
// and months with months only.
const as = Duration.prototype.as;
Duration.prototype.as = function (unit) {
  if (unit !== 'months' && unit !== 'seconds') return as.call(this, unit);
  const months = monthsOf(this);
  const milliseconds = millisecondsOf(this);
  if (months && milliseconds) return Infinity;
  return months || milliseconds;
};

// The difference of two days is a number of days, and of two moments days, hours, minutes and seconds: so that
// `.days` has an answer, and later = earlier + (later - earlier) also over a change of summer time.
const diff = DateTime.prototype.diff;
DateTime.prototype.diff = function (other, unit = ['days', 'hours', 'minutes', 'seconds', 'milliseconds'], options = {}) {
  return diff.call(this, other, unit, options);
};

// date("2026-13-45") and duration("soon") throw, and so does date(2026, 2, 30), which would become 2 March.
Settings.throwOnInvalid = true;
const set = DateTime.prototype.set;
DateTime.prototype.set = function (parts) {
  const result = set.call(this, parts);
  for (const [unit, wanted] of Object.entries(parts)) {
    if (CALENDAR.includes(unit) && result[unit] !== wanted) throw new RangeError(`there is no ${unit} ${wanted} there`);
  }
  return result;
};
const CALENDAR = ['year', 'month', 'day', 'hour', 'minute', 'second'];

// The isolate has no clock: `today` and `now` are facts of the case.
Settings.now = () => 0;
Settings.defaultLocale = 'en';

export function monthsOf(duration) {
  const { years = 0, quarters = 0, months = 0 } = duration.toObject();
  return 12 * years + 3 * quarters + months;
}

export function millisecondsOf(duration) {
  const { weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = duration.toObject();
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds;
}
