/** Kinds that need more than one room: process hosts, services and terminals. */
import { LIMITS_SCHEMA } from '../lua/index.ts';
import type { KindDefinition } from '../registry/index.ts';

/** IDs of the entries that exist without being declared (`app-format.md` § 5.3). */
const IMPLICIT_HOST = 'system:processes';
export const IMPLICIT_TERMINAL = 'system:terminal';

const workerFigures = {
  workers: { type: 'integer', minimum: 0 },
  queue_size: { type: 'integer', minimum: 0 },
  local_queue_size: { type: 'integer', minimum: 0 },
};

const processHost: KindDefinition = {
  kind: 'process.host',
  summary: 'A named pool of processes: a unit of placement and shutdown.',
  hasLifecycle: true,
  schema: {
    type: 'object',
    properties: {
      limits: LIMITS_SCHEMA,
      host: {
        type: 'object',
        properties: { ...workerFigures, mailbox_limit: { type: 'integer', minimum: 1 } },
      },
    },
  },
  implicit: () => [
    // Wherever a service or a spawn names it; an idle host costs nothing.
    { id: IMPLICIT_HOST, kind: 'process.host', data: { lifecycle: { auto_start: true } } },
  ],
};

const processService: KindDefinition = {
  kind: 'process.service',
  summary: 'One supervised process.',
  hasLifecycle: true,
  schema: {
    type: 'object',
    required: ['process', 'host'],
    properties: {
      process: { type: 'string', minLength: 1 },
      host: { type: 'string', minLength: 1 },
      input: { type: 'array' },
    },
  },
  references: [
    { path: 'process', kinds: ['process.lua'], noun: 'process' },
    { path: 'host', kinds: ['process.host'], noun: 'host' },
  ],
};

const terminalHost: KindDefinition = {
  kind: 'terminal.host',
  summary: 'Runs one process at a time that owns standard input and output.',
  hasLifecycle: true,
  schema: { type: 'object', properties: { hide_logs: { type: 'boolean' } } },
};

/** What the hub adds to the kinds of the rooms. */
export const hubKinds: readonly KindDefinition[] = [processHost, processService, terminalHost];
