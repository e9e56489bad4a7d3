/** Kinds of the registry itself: they only hold data (`app-format.md` § 5.1). */

import type { KindDefinition } from './check/kind.ts';
import { ENVIRONMENT_KINDS } from './variable/environment-kinds.ts';

const MODULE = { type: 'string', pattern: '^[^/]+/[^/]+$', description: 'a component "org/module"' };

/** Inert kinds (`app-format.md` § 3.3, § 5.1) and variables. */
export const REGISTRY_KINDS: readonly KindDefinition[] = [
  ...ENVIRONMENT_KINDS,
  {
    kind: 'registry.entry',
    summary: 'Data for programs that search the registry',
    schema: { type: 'object' },
  },
  {
    kind: 'ns.definition',
    summary: 'Describes a namespace',
    schema: {
      type: 'object',
      properties: { module: { type: 'string' }, readme: { type: 'string' } },
    },
  },
  {
    kind: 'ns.dependency',
    summary: 'Names a component and gives values to its requirements',
    schema: {
      type: 'object',
      required: ['component'],
      properties: {
        component: MODULE,
        version: { type: ['string', 'number'] },
        parameters: {
          type: 'array',
          default: [],
          items: {
            type: 'object',
            required: ['name', 'value'],
            properties: { name: { type: 'string', minLength: 1 }, value: {} },
          },
        },
      },
    },
  },
  {
    kind: 'ns.requirement',
    summary: 'A parameter of a component, written into the fields it names',
    schema: {
      type: 'object',
      required: ['targets'],
      properties: {
        targets: {
          type: 'array',
          minItems: 1,
          items: {
            type: 'object',
            required: ['entry', 'path'],
            properties: {
              entry: { type: 'string', minLength: 1 },
              path: { type: 'string', minLength: 1 },
            },
          },
        },
        default: {},
      },
    },
  },
];
