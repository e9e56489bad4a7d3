/** `npm run schema`: writes registry/schema.json from the kinds of a real hub. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHub } from '../../src/hub/index.ts';
import { createDefinitionSchema } from '../../src/registry/index.ts';

/** Where the schema lives. */
export const SCHEMA_FILE = path.resolve(import.meta.dirname, '../../registry/schema.json');

/** The text of the file. */
export async function createSchemaText(): Promise<string> {
  // The kinds come from the rooms, not from an application: an empty one will do.
  const cwd = await mkdtemp(path.join(tmpdir(), 'moonhub-'));
  try {
    const hub = await createHub({ cwd, environment: {}, log: { level: 'silent' } });
    await hub.openExtensions();
    const schema = createDefinitionSchema(hub.kinds);
    await hub.stop();
    return `${JSON.stringify(schema, null, 2)}\n`;
  } finally {
    await rm(cwd, { recursive: true });
  }
}

if (process.argv[1] === import.meta.filename) await writeFile(SCHEMA_FILE, await createSchemaText());
