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
      pushHostObject(L, new Logger(name, { ...fields, ...readFields(L, 2, 0) }), LOGGER);
      return 1;
    },
    named(L) {
      const { name, fields } = checkHostObject(L, 1, LOGGER);
      const added = checkText(L, 2);
      if (added === '') argumentError(L, 2, 'name must not be empty');
      pushHostObject(L, new Logger(name === '' ? added : `${name}.${added}`, fields), LOGGER);
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
  log[level](message, {
    ...(logger.name === '' ? {} : { logger: logger.name }),
    location: locationOf(L),
    ...logger.fields,
    ...(type === 'table' ? readFields(L, 3, 0) : {}),
  });
  return 0;
}

/** A table as plain data. Keys are written as text; errors and other objects as their text. */
function readFields(L: LuaState, index: number, depth: number): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null);
  pushNil(L);
  while (next(L, index)) {
    spend(L, COST.logField);
    fields[toDisplay(L, -2)] = readField(L, depth);
    pop(L, 1);
  }
  return fields;
}

/** The value on top of the stack. */
function readField(L: LuaState, depth: number): unknown {
  switch (typeOf(L, -1)) {
    case 'boolean':
      return toBoolean(L, -1);
    case 'number': {
      const integer = toInteger(L, -1);
      return typeof integer === 'bigint' ? integer.toString() : toNumber(L, -1);
    }
    case 'string':
      return toText(L, -1);
    case 'table':
      return depth < FIELD_DEPTH_MAX ? readFields(L, getTop(L), depth + 1) : toDisplay(L, -1);
    default:
      return toDisplay(L, -1);
  }
}
