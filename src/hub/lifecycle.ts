/** The `lifecycle` block of an entry, read into milliseconds (`app-format.md` § 5.2). */
import { parseDurationMs } from '../base/index.ts';
import type { LifecycleOptions } from '../process/index.ts';
import type { Entry, Mapping, Value } from '../registry/index.ts';

/** Whether the entry starts with the hub; otherwise only as a dependency. */
export function startsByItself(entry: Entry): boolean {
  return lifecycleOf(entry).auto_start === true;
}

/** Services the entry names in `requires` or its alias `depends_on`, as full IDs. */
export function requiredServices(entry: Entry): string[] {
  const { requires, depends_on } = lifecycleOf(entry);
  return [...new Set([...texts(requires), ...texts(depends_on)])];
}

/** Supervisor options. Missing fields take the defaults of the specification. */
export function lifecycleOptions(entry: Entry): LifecycleOptions {
  const block = lifecycleOf(entry);
  const restart = isMapping(block.restart) ? block.restart : {};
  return {
    isOptional: block.startup === 'optional',
    startTimeoutMs: milliseconds(block.start_timeout, 10_000),
    stopTimeoutMs: milliseconds(block.stop_timeout, 10_000),
    stableThresholdMs: milliseconds(block.stable_threshold, 5_000),
    restart: {
      initialDelayMs: milliseconds(restart.initial_delay, 1_000),
      maxDelayMs: milliseconds(restart.max_delay, 90_000),
      backoffFactor: number(restart.backoff_factor, 2),
      jitter: number(restart.jitter, 0.1),
      startsMax: number(restart.max_attempts, 0),
    },
  };
}

function lifecycleOf(entry: Entry): Mapping {
  return isMapping(entry.data.lifecycle) ? entry.data.lifecycle : {};
}

function milliseconds(value: Value | undefined, fallbackMs: number): number {
  return typeof value === 'string' ? parseDurationMs(value) : fallbackMs;
}

function number(value: Value | undefined, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

function texts(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isMapping(value: Value | undefined): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
