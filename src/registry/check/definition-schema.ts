/** One JSON Schema for whole definition files, so that editors complete and check them (`npm run schema`). */
import type { KindTable } from './kind-table.ts';
import type { JsonSchema } from './schema-check.ts';

/** Makes the schema of `_index.yaml` files from all supported kinds. Draft 7: what editors understand best. */
export function createDefinitionSchema(kinds: Pick<KindTable, 'all' | 'schemaOf'>): JsonSchema {
  const supported = kinds.all().filter((definition) => definition.isUnsupported !== true);
  const sorted = supported.sort((a, b) => (a.kind < b.kind ? -1 : 1));
  const definitions = Object.fromEntries(
    sorted.map(({ kind, summary, metaSchema }) => {
      const data = toEditorSchema(kinds.schemaOf(kind) ?? {}) as JsonSchema;
      const meta = metaSchema === undefined ? {} : { meta: toEditorSchema(metaSchema) };
      return [kind, { ...data, description: summary, properties: { ...meta, ...(data.properties ?? {}) } }];
    }),
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'moonhub definition file',
    type: 'object',
    required: ['namespace'],
    properties: {
      version: { enum: ['1.0', 1] },
      namespace: { type: 'string', pattern: '^[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*$' },
      meta: { type: 'object', description: 'Merged under the meta of every entry of the file' },
    },
    if: { required: ['entries'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so.
    then: { properties: { entries: { type: ['array', 'null'], items: { $ref: '#/definitions/entry' } } } },
    else: { $ref: '#/definitions/entry' },
    definitions: {
      entry: {
        type: 'object',
        required: ['name', 'kind'],
        properties: {
          name: { type: 'string', pattern: '^[A-Za-z0-9_.-]+$' },
          // Completion without complaint: kinds that are only kept as data are legal too.
          kind: { anyOf: [{ enum: sorted.map(({ kind }) => kind) }, { type: 'string', minLength: 1 }] },
          meta: { type: ['object', 'null'] },
        },
        allOf: sorted.map(({ kind }) => ({
          // With a `data` key that key holds what the kind describes.
          if: { properties: { kind: { const: kind } }, not: { required: ['data'] } },
          // biome-ignore lint/suspicious/noThenProperty: as above.
          then: { $ref: `#/definitions/${kind}` },
        })),
      },
      ...definitions,
    },
  };
}

/**
 * A schema as it holds for the text of a file: a placeholder may stand where a number or a boolean is
 * expected, and a field may be left empty.
 */
function toEditorSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(toEditorSchema);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    // Values of these are data or lists of names, not schemas.
    copy[key] = ['default', 'enum', 'const', 'required', 'type'].includes(key)
      ? value
      : toEditorSchema(value);
  }
  const types = [copy.type ?? []].flat();
  const isScalar = types.some((type) => ['integer', 'number', 'boolean'].includes(String(type)));
  if (!isScalar || types.includes('string')) return copy;
  const { default: fallback, description, ...rest } = copy;
  const placeholder = { type: 'string', pattern: '^\\$\\{' };
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [rest, placeholder],
  };
}
