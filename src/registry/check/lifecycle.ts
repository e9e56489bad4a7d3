/** The `lifecycle` block shared by all kinds that can be started and stopped (`app-format.md` § 5.2). */
import { parseDurationMs } from '../../base/index.ts';
import type { Entry, Mapping } from '../entry/entry.ts';
import type { ReferenceField } from './kind.ts';

const duration = (value: string) => ({ type: 'string', format: 'duration', default: value });
const idList = { type: 'array', items: { type: 'string', minLength: 1 }, default: [] };

/** JSON Schema of a `security` block: who something runs as (`app-format.md` § 5.2). */
export const SECURITY_SCHEMA = {
  type: 'object',
  description: 'a security block',
  properties: {
    actor: {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'string', minLength: 1 }, meta: { type: 'object' } },
    },
    policies: { type: 'array', items: { type: 'string', minLength: 1 } },
    groups: { type: 'array', items: { type: 'string', minLength: 1 } },
  },
} as const;

/** References inside a `security` block at a path. */
export function securityReferences(path: string): readonly ReferenceField[] {
  return [
    { path: `${path}.policies.*`, kinds: [], noun: 'policy' },
    { path: `${path}.groups.*`, kinds: [], noun: 'group', isName: true },
  ];
}

/** JSON Schema of the block; defaults of § 5.2 (`process.md` § 16). */
export const LIFECYCLE_SCHEMA = {
  type: 'object',
  default: {},
  description: 'a lifecycle block',
  properties: {
    auto_start: { type: 'boolean', default: false },
    // "any other value counts as required" (process.md § 16).
    startup: { type: 'string', default: 'required' },
    requires: idList,
    depends_on: idList,
    start_timeout: duration('10s'),
    stop_timeout: duration('10s'),
    stable_threshold: duration('5s'),
    restart: {
      type: 'object',
      default: {},
      properties: {
        initial_delay: duration('1s'),
        max_delay: duration('90s'),
        backoff_factor: { type: 'number', minimum: 1, default: 2 },
        jitter: { type: 'number', minimum: 0, default: 0.1 },
        max_attempts: { type: 'integer', minimum: 0, default: 0 },
      },
    },
    security: SECURITY_SCHEMA,
  },
} as const;

/** References inside the block. The supervisor judges missing services (`process.md` § 16 rule 9). */
export const LIFECYCLE_REFERENCES: readonly ReferenceField[] = [
  { path: 'lifecycle.requires.*', kinds: [], noun: 'service', mustExist: false },
  { path: 'lifecycle.depends_on.*', kinds: [], noun: 'service', mustExist: false },
  ...securityReferences('lifecycle.security'),
];

/**
 * A lifecycle block with everything filled in: when a service starts, how long it may take, how often it may fail
 * (`process.md` § 16). Durations are milliseconds; the defaults stand in the schema.
 */
export interface Lifecycle {
  /** Start with the application. */
  readonly autoStart: boolean;
  /** `startup: optional`: not starting does not fail the application's start. */
  readonly isOptional: boolean;
  /** Full IDs: `requires` and `depends_on` together, each once. */
  readonly requires: readonly string[];
  /** Limit of the start step; beyond: failed, retried. */
  readonly startTimeoutMs: number;
  /** Limit of a graceful stop; beyond: killed. */
  readonly stopTimeoutMs: number;
  /** A run this long forgives all earlier failures. */
  readonly stableThresholdMs: number;
  readonly restart: RestartOptions;
}

/** How a failed service is tried again. */
export interface RestartOptions {
  /** Delay before the first restart. */
  readonly initialDelayMs: number;
  /** Cap of the delay; jitter may exceed it. */
  readonly maxDelayMs: number;
  /** What the delay is multiplied by from one restart to the next. */
  readonly backoffFactor: number;
  /** Share of the delay that is added or taken away at random, 0 = none. */
  readonly jitter: number;
  /** Starts in a row; 0 = unlimited. */
  readonly attemptsMax: number;
}

/** Reads the block of a checked entry of a kind with `hasLifecycle`. */
export function readLifecycle(entry: Entry): Lifecycle {
  const block = entry.data.lifecycle as Mapping;
  const restart = block.restart as Mapping;
  return {
    autoStart: block.auto_start as boolean,
    isOptional: block.startup === 'optional',
    requires: [
      ...new Set([...(block.requires as readonly string[]), ...(block.depends_on as readonly string[])]),
    ],
    startTimeoutMs: parseDurationMs(block.start_timeout as string),
    stopTimeoutMs: parseDurationMs(block.stop_timeout as string),
    stableThresholdMs: parseDurationMs(block.stable_threshold as string),
    restart: {
      initialDelayMs: parseDurationMs(restart.initial_delay as string),
      maxDelayMs: parseDurationMs(restart.max_delay as string),
      backoffFactor: restart.backoff_factor as number,
      jitter: restart.jitter as number,
      attemptsMax: restart.max_attempts as number,
    },
  };
}
