/**
 * Checks what a program hands to the public functions: an option nobody reads would be a setting the program believes in.
 * One table per object of options; the compiler holds it against the type.
 */
import { HubError } from '../base/index.ts';
import { describeValue, suggest } from '../registry/index.ts';
import type { Contribution, Extension, ExtensionReference } from './extension.ts';
import type { LogOptions } from './log.ts';
import {
  type CallRequest,
  type CommandRequest,
  type HubOptions,
  isLog,
  type StopOptions,
} from './options.ts';

/** What one option may be. `undefined` is the same as not given. */
interface Rule {
  /** For messages: `expected text, got ...`. */
  readonly expected: string;
  readonly isRequired?: boolean;
  accepts(value: unknown): boolean;
  /** Looks inside. */
  check?(value: object, place: string, call: string): void;
}

/** One rule per option. */
type Rules<Options> = { readonly [Name in keyof Required<Options>]: Rule };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isCallable = (value: unknown): boolean => typeof value === 'function';

const text: Rule = { expected: 'text', accepts: isText };
const flag: Rule = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const callback: Rule = { expected: 'a function', accepts: isCallable };
const list: Rule = { expected: 'a list', accepts: Array.isArray };
const object: Rule = { expected: 'an object', accepts: isObject };
const milliseconds: Rule = {
  expected: 'a number of milliseconds, 0 or more',
  accepts: (value) => typeof value === 'number' && value >= 0,
};
const count: Rule = {
  expected: 'a whole number, 1 or more',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 1,
};
const required = (rule: Rule): Rule => ({ ...rule, isRequired: true });
const oneOf = (...words: readonly unknown[]): Rule => ({
  expected: `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`,
  accepts: (value) => words.includes(value),
});
const objectWith = <Options>(rules: Rules<Options>): Rule => ({
  ...object,
  check: (value, place, call) => checkFields(value, rules, { place, call, mayHaveMore: false }),
});
const listOf = (rule: Rule): Rule => ({
  ...list,
  check: (value, place, call) => {
    for (const [index, item] of Object.entries(value)) checkOne(item, rule, `${place}[${index}]`, call);
  },
});

const LOG: Rules<LogOptions> = {
  level: oneOf('debug', 'info', 'warn', 'error', 'silent'),
  encoding: oneOf('console', 'json'),
  color: flag,
  destination: { expected: 'a stream', accepts: (value) => isObject(value) && 'write' in value },
};

const EXTENSION: Rules<Extension> = { name: required(text), open: required(callback) };

const REFERENCE: Rules<ExtensionReference> = {
  name: required(text),
  kinds: listOf(text),
  modules: listOf(text),
  middleware: listOf(text),
  isNeeded: callback,
  load: required(callback),
};

const CONTRIBUTION: Rules<Contribution> = {
  kinds: listOf(object),
  modules: listOf(objectLike({ name: required(text), functions: required(object), constants: object })),
  unstable_bindings: listOf(object),
  middleware: listOf(objectLike({ name: required(text), create: required(callback) })),
  follow: callback,
  settled: callback,
  listening: callback,
  refuse: callback,
  drain: callback,
  work: callback,
  close: callback,
  unstable_identityOf: callback,
  unstable_store: callback,
};

/** Of a program's own making: it may carry more, and what is nearly an option of ours is a slip. */
function objectLike(rules: Readonly<Record<string, Rule>>): Rule {
  return {
    ...object,
    check: (value, place, call) => checkFields(value, rules, { place, call, mayHaveMore: true }),
  };
}

const extension: Rule = {
  expected: 'an extension',
  accepts: isObject,
  check: (value, place, call) =>
    objectLike('load' in value && !('open' in value) ? REFERENCE : EXTENSION).check?.(value, place, call),
};

/** As in the settings; it stands in PIDs, whose marks are `{`, `|`, `@` and `}`. */
const NODE_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

const HUB: Rules<HubOptions> = {
  path: text,
  cwd: text,
  watch: oneOf(true, false, 'poll'),
  startFiles: listOf(text),
  environment: object,
  log: {
    ...object,
    check: (value, place, call) => {
      if (!isLog(value)) objectWith(LOG).check?.(value, place, call);
    },
  },
  rules: objectWith<Required<NonNullable<HubOptions['rules']>>>({
    lockFile: text,
    replacements: object,
    overrides: listOf(object),
    disable: objectWith<Required<NonNullable<NonNullable<HubOptions['rules']>['disable']>>>({
      namespaces: list,
      entries: list,
      meta: object,
    }),
    isStrictLinking: flag,
  }),
  extensions: listOf(extension),
  nodeName: {
    expected: 'a name of letters, digits, "_", "-" and ".", at most 63 of them',
    accepts: (value) => isText(value) && NODE_NAME.test(value),
  },
  registryVersionsMax: count,
  queuedBytesMax: count,
  shutdownTimeoutMs: milliseconds,
  terminal: object,
  clock: object,
  onProblems: callback,
  onStopProgress: callback,
  onExit: callback,
  onReload: callback,
};

const STOP: Rules<StopOptions> = { timeoutMs: milliseconds };

const CALL: Rules<CallRequest> = { entryId: required(text), args: list };

const COMMAND: Rules<CommandRequest> = {
  entryId: required(text),
  hostId: text,
  args: required(listOf(text)),
};

/** Options of `createHub`. @throws MH_HUB_OPTION_INVALID */
export function checkHubOptions(options: unknown): void {
  checkOptions(options, HUB, 'createHub');
}

/** Options of `hub.stop`. @throws MH_HUB_OPTION_INVALID */
export function checkStopOptions(options: unknown): void {
  checkOptions(options, STOP, 'stop');
}

/** The request of `hub.call`. @throws MH_HUB_OPTION_INVALID */
export function checkCallRequest(request: unknown): void {
  checkOptions(request, CALL, 'call');
}

/** The request of `hub.runCommand`. @throws MH_HUB_OPTION_INVALID */
export function checkCommandRequest(request: unknown): void {
  checkOptions(request, COMMAND, 'runCommand');
}

/** What `open` of an extension gave. @throws MH_HUB_OPTION_INVALID */
export function checkContribution(contribution: unknown, extensionName: string): void {
  checkOne(contribution, required(objectLike(CONTRIBUTION)), `${extensionName}.open()`, 'createHub');
}

function checkOptions<Options>(given: unknown, rules: Rules<Options>, call: string): void {
  const [first = 'option'] = Object.keys(rules);
  if (isObject(given) && !Array.isArray(given)) {
    checkFields(given, rules, { place: '', call, mayHaveMore: false });
    return;
  }
  throw invalid(
    call,
    `expected an object of options, got ${describeValue(given)}`,
    `Write ${call}({ ${first}: ... }).`,
  );
}

/** How an object is checked. */
interface Place {
  /** Dotted path that led here; `''` at the top. */
  readonly place: string;
  readonly call: string;
  /** Only what is nearly an option is refused. */
  readonly mayHaveMore: boolean;
}

function checkFields(given: object, rules: Readonly<Record<string, Rule>>, at: Place): void {
  const known = Object.keys(rules);
  const shown = (name: string): string => (at.place === '' ? name : `${at.place}.${name}`);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const hint = suggest(
      name,
      known.filter((option) => !(option in given)),
    );
    if (at.mayHaveMore && hint === undefined) continue;
    throw invalid(
      at.call,
      `there is no option "${shown(name)}"${hint === undefined ? '' : ` (${hint})`}`,
      knownHint(known),
    );
  }
  for (const [name, rule] of Object.entries(rules)) {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    checkOne(value, rule, shown(name), at.call);
  }
}

function checkOne(value: unknown, rule: Rule, place: string, call: string): void {
  if (value === undefined && rule.isRequired !== true) return;
  if (value === undefined) throw invalid(call, `option "${place}" is required`);
  if (!rule.accepts(value))
    throw invalid(call, `option "${place}": expected ${rule.expected}, got ${describe(value)}`);
  if (isObject(value)) rule.check?.(value, place, call);
}

function describe(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return 'a symbol';
  return describeValue(value);
}

function knownHint(known: readonly string[]): string {
  return `Options are: ${known.join(', ')}.`;
}

function invalid(call: string, fact: string, hint?: string): HubError {
  return new HubError('MH_HUB_OPTION_INVALID', {
    message: `Cannot call ${call}: ${fact}`,
    ...(hint === undefined ? {} : { hint }),
  });
}
