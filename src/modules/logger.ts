/** `require("logger")` (`modules.md` § 1): the module value is itself a Logger. */
import type { LogFields, LogLevel } from '../base/index.ts';
import { COST, defineModule, defineType, locationOf, unitOf } from '../lua/index.ts';
import {
  argumentError,
  checkHostObject,
  checkTable,
  checkText,
  getTop,
  type HostType,
  type LuaState,
  next,
  pop,
  pushHostObject,
  pushNil,
  spend,
  toBoolean,
  toDisplay,
  toInteger,
  toNumber,
  toText,
  typeOf,
} from '../vm/index.ts';

/** Tables inside fields are written down to this depth; deeper ones, and cycles, as `table: 0x...`. */
const FIELD_DEPTH_MAX = 5;

/** Fields of one line, those of tables in it and of the logger included. Beyond: their number, as `fields_left_out`. */
const LOG_FIELDS_MAX = 200;

/** Characters of a message, a name or a field. Beyond: cut, with its length. */
const LOG_TEXT_LENGTH_MAX = 8_192;

/** A name and fields for every line. Immutable. */
class Logger {
  readonly name: string;
  readonly fields: LogFields;

  constructor(name: string, fields: LogFields) {
    this.name = name;
    this.fields = fields;
  }
}

const ROOT = new Logger('', {});

const LOGGER: HostType<Logger> = defineType<Logger>({
  name: 'Logger',
  methods: {
    debug: (L) => write(L, 'debug'),
    info: (L) => write(L, 'info'),
    warn: (L) => write(L, 'warn'),
    error: (L) => write(L, 'error'),
    with(L) {
      const { name, fields } = checkHostObject(L, 1, LOGGER);
      checkTable(L, 2);
      pushHostObject(L, new Logger(name, new FieldReader(L, fields).read(2)), LOGGER);
      return 1;
    },
    named(L) {
      const { name, fields } = checkHostObject(L, 1, LOGGER);
      const added = checkText(L, 2);
      if (added === '') argumentError(L, 2, 'name must not be empty');
      pushHostObject(L, new Logger(cut(name === '' ? added : `${name}.${added}`), fields), LOGGER);
      return 1;
    },
  },
});

/** The `logger` module. */
export const loggerModule = defineModule({
  name: 'logger',
  value: (L) => pushHostObject(L, ROOT, LOGGER),
});

function write(L: LuaState, level: LogLevel): number {
  const logger = checkHostObject(L, 1, LOGGER);
  const { log } = unitOf(L);
  if (!log.isEnabled(level)) return 0;
  spend(L, COST.logLine);
  const message = checkText(L, 2);
  const type = typeOf(L, 3);
  if (type !== 'none' && type !== 'nil') checkTable(L, 3);
  const fields = new FieldReader(L, logger.fields);
  log[level](cut(message), {
    ...(logger.name === '' ? {} : { logger: logger.name }),
    location: locationOf(L),
    ...(type === 'table' ? fields.read(3) : logger.fields),
  });
  return 0;
}

/** Reads tables as fields: keys are written as text, errors and other objects as their text. */
class FieldReader {
  readonly #L: LuaState;
  readonly #known: LogFields;
  #count: number;
  #leftOut = 0;

  /** @param known fields there are already; paid for again, since they are written again */
  constructor(L: LuaState, known: LogFields) {
    this.#L = L;
    this.#known = known;
    this.#count = Object.keys(known).length;
    spend(L, this.#count * COST.logField);
  }

  /** The known fields and those of the table at an index. */
  read(index: number): LogFields {
    const fields = { ...this.#known, ...this.#readTable(index, 0) };
    return this.#leftOut === 0 ? fields : { ...fields, fields_left_out: this.#leftOut };
  }

  #readTable(index: number, depth: number): Record<string, unknown> {
    const L = this.#L;
    const fields: Record<string, unknown> = Object.create(null);
    pushNil(L);
    while (next(L, index)) {
      if (this.#count >= LOG_FIELDS_MAX) this.#leftOut++;
      else {
        this.#count++;
        spend(L, COST.logField);
        fields[cut(toDisplay(L, -2))] = this.#readField(depth);
      }
      pop(L, 1);
    }
    return fields;
  }

  /** The value on top of the stack. */
  #readField(depth: number): unknown {
    const L = this.#L;
    switch (typeOf(L, -1)) {
      case 'boolean':
        return toBoolean(L, -1);
      case 'number': {
        const integer = toInteger(L, -1);
        return typeof integer === 'bigint' ? integer.toString() : toNumber(L, -1);
      }
      case 'string':
        return cut(toText(L, -1)!);
      case 'table':
        return depth < FIELD_DEPTH_MAX ? this.#readTable(getTop(L), depth + 1) : toDisplay(L, -1);
      default:
        return cut(toDisplay(L, -1));
    }
  }
}

function cut(text: string): string {
  if (text.length <= LOG_TEXT_LENGTH_MAX) return text;
  return `${text.slice(0, LOG_TEXT_LENGTH_MAX)}... (${text.length} characters)`;
}
