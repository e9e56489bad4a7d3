/** Kinds of variables and where their values live (`app-format.md` § 5.4). */

import type { KindDefinition } from '../check/kind.ts';
import { createProblem } from '../check/problem.ts';
import type { Entry, EntryLookup, Problem } from '../entry/entry.ts';
import { findPublicNames } from './public-names.ts';

const STORAGE_KINDS = [
  'env.storage.memory',
  'env.storage.file',
  'env.storage.os',
  'env.storage.static',
  'env.storage.router',
];

const mode = (value: string) => ({
  // Unquoted 0644 is the number 644 in YAML 1.2; its digits are what is meant.
  type: ['string', 'integer'],
  description: 'an octal file mode such as "0644"',
  default: value,
});
const scalar = { type: ['string', 'number', 'boolean'] };

/** `env.storage.*` and `env.variable`. */
export const ENVIRONMENT_KINDS: readonly KindDefinition[] = [
  { kind: 'env.storage.memory', summary: 'Variables that live with the hub', schema: { type: 'object' } },
  { kind: 'env.storage.os', summary: 'Variables of the operating system', schema: { type: 'object' } },
  {
    kind: 'env.storage.file',
    summary: 'Variables in a file of lines KEY=VALUE',
    schema: {
      type: 'object',
      required: ['file_path'],
      properties: {
        file_path: { type: 'string', minLength: 1 },
        auto_create: { type: 'boolean', default: false },
        file_mode: mode('0644'),
        dir_mode: mode('0755'),
      },
    },
  },
  {
    kind: 'env.storage.static',
    summary: 'Variables written in the entry',
    schema: {
      type: 'object',
      properties: { values: { type: 'object', additionalProperties: scalar, default: {} } },
    },
  },
  {
    kind: 'env.storage.router',
    summary: 'Storages asked one after the other',
    schema: {
      type: 'object',
      required: ['storages'],
      properties: {
        storages: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      },
    },
    references: [{ path: 'storages.*', kinds: STORAGE_KINDS, noun: 'storage' }],
  },
  {
    kind: 'env.variable',
    summary: 'A variable with a storage and a default',
    schema: {
      type: 'object',
      properties: {
        variable: {
          type: 'string',
          pattern: '^[A-Za-z0-9_]+$',
          description: 'a name of letters, digits and "_"',
        },
        storage: { type: 'string' },
        default: scalar,
        readonly: { type: 'boolean' },
        read_only: { type: 'boolean' },
      },
    },
    references: [{ path: 'storage', kinds: STORAGE_KINDS, noun: 'storage' }],
    check: checkPublicName,
    isCheckedWith: (kind) => kind === 'env.variable',
  },
];

/** `app-format.md` 6.2: a public name belongs to one variable. Reported at the later one. */
function checkPublicName(entry: Entry, entries: EntryLookup): readonly Problem[] {
  const name = entry.data.variable;
  const owner = typeof name === 'string' ? findPublicNames(entries.ofKind('env.variable')).get(name) : entry;
  if (owner === undefined || owner.id === entry.id) return [];
  return [
    createProblem(entry, {
      field: 'variable',
      reason: `"${String(name)}" is the name of "${owner.id}" already`,
    }),
  ];
}
