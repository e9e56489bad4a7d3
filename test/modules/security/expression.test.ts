import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HubError } from '../../../src/base/index.ts';
import { compileExpression } from '../../../src/modules/security/expression/evaluate.ts';
import { EXPRESSION_STEPS_MAX } from '../../../src/modules/security/expression/limits.ts';
import { toValue, type Value } from '../../../src/registry/index.ts';

const VARIABLES = {
  actor: { id: 'u1', meta: { role: 'admin', level: 5, tags: ['a', 'b'], nothing: null } },
  action: 'read',
  resource: 'docs/7',
  meta: { owner: 'u1', items: [{ n: 1 }, { n: 2 }, { n: 3 }], big: 2n ** 60n },
};

function evaluate(source: string, charge: (steps: number) => void = () => {}): Value {
  const variables = toValue(VARIABLES) as Record<string, Value>;
  return compileExpression(source, Object.keys(variables)).evaluate(variables, charge);
}

const refused = expect.objectContaining({ code: 'MH_SECURITY_ARGUMENT_INVALID' });

describe('expressions (modules.md § 16)', () => {
  it.each<[string, unknown]>([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ** 3 ^ 2', 512],
    ['-2 ** 2', -4],
    ['7 / 2', 3.5],
    ['7 % 4', 3],
    ['1 + .5 + 1e2 + 0x10', 117.5],
    ['"a" + \'b\' + `\\c`', 'ab\\c'],
    ['"\\n\\x41\\u0042\\""', '\nAB"'],
    ['1 < 2 and "a" < "b" && not false', true],
    ['1 >= 2 || 2 != 2.0', false],
    ['true ? 1 : false ? 2 : 3', 1],
    ['false ? 1 : false ? 2 : 3', 3],
    ['meta.missing ?? "none"', 'none'],
    ['meta.missing?.deeper ?? 1', 1],
    ['actor.id == meta.owner', true],
    ['actor.meta["role"] == "admin"', true],
    ['"a" in actor.meta.tags', true],
    ['"z" not in actor.meta.tags', true],
    ['"role" in actor.meta', true],
    ['resource startsWith "docs/" and resource endsWith "7"', true],
    ['resource not contains "x"', true],
    ['resource matches "^docs/[0-9]+$"', true],
    ['actor.meta.tags[0] + actor.meta.tags[-1]', 'ab'],
    ['[1, 2, 3][1:]', [2, 3]],
    ['"hello"[1:3]', 'el'],
    ['1..3', [1, 2, 3]],
    ['{a: 1, "b c": [2]}["b c"]', [2]],
    ['all(meta.items, {.n > 0})', true],
    ['any(meta.items, #.n > 2)', true],
    ['none(meta.items, {#.n > 3})', true],
    ['one(meta.items, {.n == 2})', true],
    ['count(meta.items, {.n > 1})', 2],
    ['filter([1, 2, 3], {# > 2})', [3]],
    ['map(1..3, # * 2) | sum()', 12],
    ['meta.items | map(.n) | max()', 3],
    ['find([1, 2], # > 5)', null],
    ['findIndex([1, 2], # == 2)', 1],
    ['let limit = 3; let more = limit + 1; actor.meta.level > more', true],
    ['len("héllo") + len(actor.meta.tags)', 7],
    ['upper(trim(" x ")) + lower("Y")', 'Xy'],
    ['split("a,b", ",") | join("-")', 'a-b'],
    ['replace("aaa", "a", "bb")', 'bbbbbb'],
    ['sort(unique([2, 1, 2])) == [1, 2]', true],
    ['reverse([1, 2]) == [2, 1] and first([1]) == 1 and last([]) == nil', true],
    ['int("7") + float("0.5") + round(1.5) + abs(-1)', 10.5],
    ['type(meta.missing) + type(1) + type(1.5) + type([])', 'nilintfloatarray'],
    ['meta.big == 1152921504606846976', true],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ['', /empty/],
    ['1 +', /ends too early/],
    ['1 2', /unexpected '2' at column 3/],
    ['(1', /expected '\)'/],
    ['"open', /does not end/],
    ['actor.', /name of a field/],
    ['nobody == 1', /unknown name 'nobody'/],
    ['system("ls")', /no function 'system'/],
    ['constructor("x")', /no function 'constructor'/],
    ['__proto__', /unknown name/],
    ['toString', /unknown name/],
    ['len()', /does not take 0 arguments/],
    ['# > 1', /unexpected '#'/],
    ['action matches "("', /pattern cannot be used/],
    ['action & 1', /unexpected '&'/],
    ['x'.repeat(5000), /5000 characters/],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, /nested deeper/],
    [`${'!'.repeat(300)}true`, /nested deeper/],
    [Array(300).fill('true').join(' or '), /nested deeper/],
    [`action${'[0]'.repeat(300)}`, /nested deeper/],
  ])('cannot be read: %.40s', (source, message) => {
    expect(() => compileExpression(source, ['actor', 'action'])).toThrow(refused);
    expect(() => compileExpression(source, ['actor', 'action'])).toThrow(message);
  });

  it.each([
    '1 + "a"',
    '1 < "a"',
    'not 1',
    'actor.id and true',
    '1 ? 2 : 3',
    'meta.missing.deeper == 1',
    'action.length > 0',
    'actor.meta.tags[7] == "a"',
    'actor.meta.tags["length"] > 0',
    '1 in "text"',
    '1 % 0 == 0',
    'meta.missing contains "a"',
    'resource matches meta.missing',
    'resource matches ("(" + "")',
    '(1..10000) == (1..1000000000)',
    'all(1..9000, {all(1..9000, {# > 0})})',
    'any(1..9000, {unique(1..9000) == []})',
    'reverse("abc") == ""',
  ])('cannot be evaluated, and is never false instead: %s', (source) => {
    expect(() => evaluate(source)).toThrow(refused);
  });

  it.each(['constructor', '__proto__', 'hasOwnProperty', 'toString', 'prototype', 'length'])(
    'reads only what data has of its own: %s',
    (name) => {
      expect(evaluate(`actor["${name}"] ?? "nothing"`)).toBe('nothing');
      expect(evaluate(`meta.${name} == nil`)).toBe(true);
      expect(evaluate(`"${name}" in meta`)).toBe(false);
      expect(evaluate(`{"${name}": 1}["${name}"]`)).toBe(1);
    },
  );

  it('takes a bounded number of steps and charges them', () => {
    let charged = 0;
    const count = (steps: number): void => {
      charged += steps;
    };
    expect(() => evaluate('all(1..9000, {all(1..9000, {# > 0})})', count)).toThrow(/more than/);
    expect(charged).toBeGreaterThan(EXPRESSION_STEPS_MAX);
    expect(charged).toBeLessThan(EXPRESSION_STEPS_MAX * 2);
  });

  it('whatever the text, the answer is a value or a refusal in our words', () => {
    const piece = fc.constantFrom(
      ...[
        'actor',
        'meta',
        '.id',
        '[0]',
        '(',
        ')',
        '[',
        ']',
        '{',
        '}',
        '#',
        ',',
        ':',
        '?',
        '??',
        '..',
        '|',
        'let x =',
      ],
      ...[
        '"a"',
        '1',
        '0',
        '-',
        '+',
        'in',
        'not',
        'and',
        'matches',
        'len(',
        'map(',
        'filter(',
        'nil',
        ';',
        '**',
        '?.x',
      ],
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece, { maxLength: 20 }).map((all) => all.join(' ')),
          fc.string(),
        ),
        (source) => {
          try {
            evaluate(source);
          } catch (error) {
            expect(error).toBeInstanceOf(HubError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
