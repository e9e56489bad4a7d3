/** All kinds a hub knows, with their schemas compiled once. */
import { HubError } from '../../base/index.ts';
import type { Entry, Mapping } from '../entry/entry.ts';
import type { KindDefinition, ReferenceField } from './kind.ts';
import { LIFECYCLE_REFERENCES, LIFECYCLE_SCHEMA } from './lifecycle.ts';
import { createSchemaCompiler, type JsonSchema, type SchemaCheck, type SchemaFault } from './schema-check.ts';

/** References every entry may have. They only give order: a missing target is a warning. */
const ORDERING_REFERENCES: readonly ReferenceField[] = [
  { path: 'meta.depends_on.*', kinds: [], noun: 'entry', mustExist: false },
  { path: 'meta.parent', kinds: [], noun: 'entry', mustExist: false },
];

interface Row {
  readonly definition: KindDefinition;
  readonly references: readonly ReferenceField[];
  /** Compiled at first use: most applications use few kinds. */
  checkData?: SchemaCheck;
  checkMeta?: SchemaCheck;
}

/** The kinds of a hub. */
export class KindTable {
  readonly #rows = new Map<string, Row>();
  readonly #compile = createSchemaCompiler();
  /** Kinds that are defined when an entry has them. */
  readonly #reserved = new Set<string>();

  /** @throws MH_REGISTRY_KIND_TAKEN */
  constructor(definitions: Iterable<KindDefinition>) {
    this.stage(definitions)();
  }

  /**
   * Checks definitions and adds none of them yet.
   * @returns adds them; cannot fail.
   * @throws MH_REGISTRY_KIND_TAKEN
   */
  stage(definitions: Iterable<KindDefinition>): () => void {
    const rows = new Map<string, Row>();
    for (const definition of definitions) {
      if (this.#rows.has(definition.kind) || rows.has(definition.kind)) {
        throw new HubError('MH_REGISTRY_KIND_TAKEN', {
          message: `Cannot define kind "${definition.kind}": it is defined twice`,
        });
      }
      const own = [...(definition.references ?? []), ...ORDERING_REFERENCES];
      const references = definition.hasLifecycle === true ? [...own, ...LIFECYCLE_REFERENCES] : own;
      rows.set(definition.kind, { definition, references });
    }
    return () => {
      for (const [kind, row] of rows) this.#rows.set(kind, row);
    };
  }

  /** The definition of a kind. */
  get(kind: string): KindDefinition | undefined {
    return this.#rows.get(kind)?.definition;
  }

  /** All definitions, in the order given. */
  all(): KindDefinition[] {
    return [...this.#rows.values()].map((row) => row.definition);
  }

  /** Makes kinds known whose definitions come later. */
  reserve(kinds: Iterable<string>): void {
    for (const kind of kinds) this.#reserved.add(kind);
  }

  /** Every kind by name, those whose definitions come later included. */
  names(): readonly string[] {
    return [...new Set([...this.#rows.keys(), ...this.#reserved])];
  }

  /** Reference fields of a kind, shared ones included. */
  references(kind: string): readonly ReferenceField[] {
    return this.#rows.get(kind)?.references ?? ORDERING_REFERENCES;
  }

  /** JSON Schema of a kind's data, lifecycle block included; `undefined` for unknown and unsupported kinds. */
  schemaOf(kind: string): JsonSchema | undefined {
    const definition = this.get(kind);
    return definition === undefined || definition.isUnsupported === true
      ? undefined
      : withLifecycle(definition);
  }

  /** Checks the data and meta of an entry of a known kind and fills in defaults. */
  check(entry: Pick<Entry, 'kind' | 'meta' | 'data'>): {
    readonly meta: Mapping;
    readonly data: Mapping;
    readonly faults: readonly SchemaFault[];
  } {
    const row = this.#rows.get(entry.kind);
    if (row === undefined || row.definition.isUnsupported === true) return { ...entry, faults: [] };
    row.checkData ??= this.#compile(withLifecycle(row.definition));
    const data = row.checkData(entry.data);
    if (row.definition.metaSchema === undefined) {
      return { meta: entry.meta, data: data.value, faults: data.faults };
    }
    row.checkMeta ??= this.#compile(row.definition.metaSchema);
    const meta = row.checkMeta(entry.meta);
    const metaFaults = meta.faults.map((fault) => ({ ...fault, field: joinField('meta', fault.field) }));
    return { meta: meta.value, data: data.value, faults: [...data.faults, ...metaFaults] };
  }
}

/** The schema of a kind's data with the lifecycle block where the kind takes one. */
function withLifecycle(definition: KindDefinition): JsonSchema {
  if (definition.hasLifecycle !== true) return definition.schema;
  const properties = (definition.schema.properties ?? {}) as Record<string, unknown>;
  return { ...definition.schema, properties: { ...properties, lifecycle: LIFECYCLE_SCHEMA } };
}

function joinField(parent: string, field: string): string {
  return field === '' ? parent : `${parent}.${field}`;
}
