// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders in plain text are the subject here.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parseYaml } from '../../../src/registry/source/yaml.ts';
import { createSchemaText, SCHEMA_FILE } from '../../tools/schema.ts';

const schema = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object;
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
const entry = (item: string) => parseYaml(`namespace: app\nentries:\n  - ${item}\n`).value;

test('registry/schema.json is what `npm run schema` writes', async () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(await createSchemaText());
});

test('registry/schema.json accepts the definition files we ship', () => {
  const folder = path.dirname(SCHEMA_FILE);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.ya?ml$/.test(file),
  );
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) {
    const isValid = validate(parseYaml(readFileSync(path.join(folder, file), 'utf8')).value);
    expect([file, isValid, validate.errors]).toEqual([file, true, null]);
  }
});

test.each([
  ['{name: a, kind: http.service}', false],
  ['{name: a, kind: http.service, addr: ":0"}', true],
  ['{name: a, kind: http.service, addr: ":0", lifecycle: {auto_start: "${env:START|true}"}}', true],
  ['{name: a, kind: http.service, addr: ":0", lifecycle: {auto_start: maybe}}', false],
  ['{name: a, kind: http.service, data: {addr: ":0"}}', true],
  ['{name: a, kind: temporal.worker}', true],
  ['{kind: http.service, addr: ":0"}', false],
])('registry/schema.json on %s: %s', (item, isValid) => {
  expect(validate(entry(item))).toBe(isValid);
});
