// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders in plain text are the subject here.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coerceText, fillPlaceholders } from '../../../src/registry/check/placeholder.ts';
import { toMapping } from '../../../src/registry/index.ts';

const variables: Record<string, string> = {
  PORT: '9000',
  NAME: 'ada',
  EMPTY: '',
  'app.env:token': 't',
  FLAG: 'false',
};

function fill(text: string): unknown {
  const read = (name: string) => ({
    value: Object.hasOwn(variables, name) ? variables[name] : undefined,
    entryId: name.includes(':') ? name : undefined,
  });
  const { data, faults } = fillPlaceholders(toMapping({ text }), read, () => false);
  return faults.length > 0 ? faults[0]!.reason : data.text;
}

describe('fillPlaceholders() (app-format.md § 4.2)', () => {
  test.each([
    ['${env:NAME}', 'ada'],
    ['${env:app.env:token}', 't'],
    ['${env:app.env:none|x}', 'x'],
    ['${env:NONE}', 'variable "NONE" is not set'],
    ['a ${env:NONE} b', 'variable "NONE" is not set'],
    ['${env:NONE|fallback}', 'fallback'],
    ['${env:NONE|}', ''],
    ['${NAME|x}', 'ada'],
    ['${NONE|x}', 'x'],
    ['${NONE:-x y}', 'x y'],
    ['${env:NONE:-x}', 'x'],
    ['${NAME}', '${NAME}'],
    ['${lower|x}', '${lower|x}'],
    ['$${env:NAME}', '${env:NAME}'],
    ['$${NAME} ${env:NAME}', '${NAME} ada'],
    ['${env:PORT|8080}', 9000],
    ['${env:NONE|8080}', 8080],
    ['${env:PORT}', '9000'],
    ['${env:PORT|text}', '9000'],
    ['${env:NAME|8080}', 'ada'],
    ['${env:FLAG|true}', false],
    ['127.0.0.1:${env:PORT|8080}', '127.0.0.1:9000'],
    ['${env:NAME}${env:NAME}', 'adaada'],
    ['${env:EMPTY|x}', 'x'],
    ['${env:NONE|http://h:1/?a=b|c}', 'http://h:1/?a=b|c'],
    ['${', '${'],
    ['${env:}', '${env:}'],
  ])('turns %s into %j', (text, filled) => {
    expect(fill(text)).toBe(filled);
  });

  test('does not fill what a variable holds', () => {
    variables.NESTED = '${env:NAME}';
    expect(fill('${env:NESTED}')).toBe('${env:NAME}');
    variables.DOLLARS = '$& $1 $$';
    expect(fill('<${env:DOLLARS}>')).toBe('<$& $1 $$>');
  });

  test('tells which declared variables were used', () => {
    const { variables: used } = fillPlaceholders(
      toMapping({ a: ['${env:app:x|1}', '${env:Y|2}'] }),
      (name) => ({ value: undefined, entryId: name === 'Y' ? 'app:y' : 'app:x' }),
      () => false,
    );
    expect([...used]).toEqual(['app:x', 'app:y']);
  });

  test('takes linear time on hostile text', () => {
    const text = '${env:'.repeat(50_000);
    expect(fill(text)).toBe(text);
    expect(fill(`\${env:${'a:-'.repeat(20_000)}`)).toBeTypeOf('string');
  });

  test('leaves text without placeholders alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!text.includes('${'));
        expect(fill(text)).toBe(text);
      }),
    );
  });
});

test.each([
  ['true', true],
  ['12', 12],
  ['-1.5e3', -1500],
  ['007', '007'],
  ['+1', '+1'],
  ['1e999', '1e999'],
  ['99999999999999999999', '99999999999999999999'],
  ['', ''],
  ['NaN', 'NaN'],
])('coerceText(%j) is %j', (text, value) => {
  expect(coerceText(text)).toBe(value);
});
