/**
 * Time zones: UTC, fixed offsets, and the IANA zones the JavaScript engine knows. A zone answers one question:
 * which offset and abbreviation hold at an instant.
 */
import { COST } from '../../lua/index.ts';
import { charge } from '../../vm/index.ts';

/** What a clock on the wall shows at some instant. */
export interface ZoneState {
  /** Seconds east of UTC. */
  readonly offsetSeconds: number;
  /** `CET`, `EST`; numeric (`+03`) where people use no letters; `''` = print the offset instead. */
  readonly abbreviation: string;
}

/** A place with its clock. Compare by identity. */
export interface Location {
  /** `UTC`, `Local`, `Europe/Berlin`, or the name given to a fixed zone. */
  readonly name: string;
  /** The state at an instant, in seconds since the Unix epoch. */
  at(epochSeconds: number): ZoneState;
  /** The offset an abbreviation stands for around an instant; `undefined` when it is not used there. */
  offsetOf(abbreviation: string, epochSeconds: number): number | undefined;
}

/** Coordinated universal time. */
export const UTC: Location = createFixedLocation('UTC', 0);

/** A zone whose offset never changes. An empty name prints as the numeric offset. */
export function createFixedLocation(name: string, offsetSeconds: number): Location {
  const state: ZoneState = { offsetSeconds, abbreviation: name };
  return {
    name,
    at: () => state,
    offsetOf: (abbreviation) => (abbreviation === name ? offsetSeconds : undefined),
  };
}

/**
 * Finds a zone by name: `UTC`, `Local`, or an IANA name such as `Europe/Berlin`.
 * @returns `undefined` when there is no such zone.
 */
export function tryLoadLocation(name: string): Location | undefined {
  if (name === 'UTC') return UTC;
  if (name === 'Local') return localLocation();
  return loadIana(name, name);
}

/** The zone of this machine, named `Local`; one object, read once. */
export function localLocation(): Location {
  local ??=
    loadIana(new Intl.DateTimeFormat('en-US').resolvedOptions().timeZone, 'Local') ??
    createFixedLocation('Local', 0);
  return local;
}

let local: Location | undefined;

/** Zones are shared: their tables are worth keeping. Keyed by `name@zone`. Bound: the names the engine knows. */
const loaded = new Map<string, Location>();

function loadIana(zone: string, name: string): Location | undefined {
  const key = `${name}@${zone}`;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  // The engine also takes offsets (`+01:00`) and any letter case; names of zones look like this.
  if (zone.length > 64 || !/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(zone)) return undefined;
  charge(COST.zone);
  let rules: ZoneRules;
  try {
    rules = new ZoneRules(zone);
  } catch {
    return undefined; // RangeError: the engine does not know the zone
  }
  const location: Location = {
    name,
    at: (epochSeconds) => rules.at(epochSeconds),
    offsetOf: (abbreviation, epochSeconds) => rules.offsetOf(abbreviation, epochSeconds),
  };
  loaded.set(key, location);
  return location;
}

/** A stretch of one calendar year (UTC) in which the state does not change. */
interface Stretch {
  /** First second after it. */
  readonly until: number;
  readonly state: ZoneState;
}

const SECONDS_PER_YEAR = 31_556_952;
/** No zone changed its clock twice within a week. */
const PROBE_SECONDS = 7 * 86_400;
/** Range of JavaScript dates, less the year around a moment that is probed; zones beyond are as at its ends. */
const EPOCH_SECONDS_MAX = 8.64e12 - 2 * SECONDS_PER_YEAR;
/** Years kept per zone; one costs about fifty probes of some microseconds. */
const YEARS_MAX = 512;

/** Offsets of one IANA zone: probed year by year, then remembered. */
class ZoneRules {
  readonly #zone: string;
  readonly #offsets: Intl.DateTimeFormat;
  readonly #years = new Map<number, readonly Stretch[]>();

  constructor(zone: string) {
    this.#zone = zone;
    this.#offsets = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  }

  at(epochSeconds: number): ZoneState {
    const seconds = bounded(epochSeconds);
    for (const stretch of this.#stretches(seconds)) if (seconds < stretch.until) return stretch.state;
    throw new Error('moonhub bug: a year ends before one of its seconds');
  }

  offsetOf(abbreviation: string, epochSeconds: number): number | undefined {
    for (const { state } of this.#stretches(bounded(epochSeconds))) {
      if (state.abbreviation === abbreviation) return state.offsetSeconds;
    }
    return undefined;
  }

  #stretches(epochSeconds: number): readonly Stretch[] {
    const year = Math.floor(epochSeconds / SECONDS_PER_YEAR);
    let stretches = this.#years.get(year);
    if (stretches === undefined) {
      charge(COST.zoneYear);
      if (this.#years.size >= YEARS_MAX) this.#years.clear();
      stretches = this.#probe(year * SECONDS_PER_YEAR, (year + 1) * SECONDS_PER_YEAR);
      this.#years.set(year, stretches);
    }
    return stretches;
  }

  #probe(start: number, end: number): Stretch[] {
    const stretches: Stretch[] = [];
    let at = start;
    let offset = this.#offset(at);
    while (at < end) {
      const next = Math.min(at + PROBE_SECONDS, end);
      const nextOffset = this.#offset(next);
      if (nextOffset !== offset) {
        const change = this.#bisect(at, next, offset);
        if (change < end) stretches.push({ until: change, state: this.#state(change - 1, offset) });
        offset = nextOffset;
      }
      at = next;
    }
    stretches.push({ until: end, state: this.#state(end - 1, this.#offset(end - 1)) });
    return stretches;
  }

  /** First second in `(low, high]` whose offset is not `offset`. */
  #bisect(low: number, high: number, offset: number): number {
    let before = low;
    let after = high;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#offset(middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }

  #offset(epochSeconds: number): number {
    const text = zoneName(this.#offsets, epochSeconds);
    const match = /([+-])(\d\d):?(\d\d)?:?(\d\d)?/.exec(text.replace('−', '-'));
    if (match === null) return 0;
    const size = Number(match[2]) * 3600 + Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0);
    return match[1] === '-' ? -size : size;
  }

  #state(epochSeconds: number, offsetSeconds: number): ZoneState {
    return { offsetSeconds, abbreviation: this.#abbreviation(epochSeconds, offsetSeconds) };
  }

  #abbreviation(epochSeconds: number, offsetSeconds: number): string {
    const fixed = LETTERS_OF_ZONE.get(this.#zone);
    if (fixed !== undefined && fixed.offsetSeconds === offsetSeconds) return fixed.abbreviation;
    for (const locale of ABBREVIATION_LOCALES) {
      const format = new Intl.DateTimeFormat(locale, { timeZone: this.#zone, timeZoneName: 'short' });
      const text = zoneName(format, epochSeconds);
      if (/^[A-Z]{3,5}$/.test(text) && (text !== 'GMT' || offsetSeconds === 0)) return text;
    }
    return numericAbbreviation(offsetSeconds);
  }
}

function bounded(epochSeconds: number): number {
  return Math.max(-EPOCH_SECONDS_MAX, Math.min(EPOCH_SECONDS_MAX, epochSeconds));
}

/** Engines know the letters of a zone in the English of its own region only. */
const ABBREVIATION_LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ'];

/** Letters people use that no English locale data has. */
const LETTERS_OF_ZONE: ReadonlyMap<string, ZoneState> = new Map([
  ['Asia/Tokyo', { offsetSeconds: 32_400, abbreviation: 'JST' }],
  ['Asia/Seoul', { offsetSeconds: 32_400, abbreviation: 'KST' }],
  ['Asia/Shanghai', { offsetSeconds: 28_800, abbreviation: 'CST' }],
  ['Asia/Taipei', { offsetSeconds: 28_800, abbreviation: 'CST' }],
  ['Asia/Hong_Kong', { offsetSeconds: 28_800, abbreviation: 'HKT' }],
  ['Asia/Manila', { offsetSeconds: 28_800, abbreviation: 'PST' }],
  ['Asia/Jakarta', { offsetSeconds: 25_200, abbreviation: 'WIB' }],
  ['Asia/Karachi', { offsetSeconds: 18_000, abbreviation: 'PKT' }],
  ['Europe/Moscow', { offsetSeconds: 10_800, abbreviation: 'MSK' }],
]);

function numericAbbreviation(offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds);
  const hours = String(Math.floor(size / 3600)).padStart(2, '0');
  const minutes = Math.floor(size / 60) % 60;
  return `${offsetSeconds < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}

function zoneName(format: Intl.DateTimeFormat, epochSeconds: number): string {
  const parts = format.formatToParts(epochSeconds * 1000);
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
}
