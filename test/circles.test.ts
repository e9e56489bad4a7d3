/** The house stands on floors: nothing leans on what leans on it (src/README.md). */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Arrow, findCircles, readArrows } from './support/import-graph.ts';

const SRC = resolve(import.meta.dirname, '../src');
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SRC, name));
const arrows = readArrows(files, SRC);

/** The one circle that is wanted: the interpreter calls what calls the interpreter. */
const isLoop = (circle: readonly string[]): boolean =>
  circle.every((file) => dirname(file) === join('vm', 'loop'));

/** A circle with the names that tie it, one arrow a line. */
function show(circle: readonly string[], placeOf: (path: string) => string, all: readonly Arrow[]): string {
  const inside = all.filter(
    ({ from, to }) =>
      placeOf(from) !== placeOf(to) && circle.includes(placeOf(from)) && circle.includes(placeOf(to)),
  );
  const lines = inside.map(({ from, to, values, types }) => {
    const names = [...values, ...types.map((name) => `type ${name}`)];
    return `  ${from} -> ${to}: ${names.join(', ')}`;
  });
  return `${circle.join(', ')}\n${lines.join('\n')}`;
}

const file = (path: string): string => path;
const edges = (all: readonly Arrow[], placeOf: (path: string) => string) =>
  all.map(({ from, to }) => [placeOf(from), placeOf(to)] as const);

describe('imports form no circle', () => {
  it('of values between files, but for the loop of the interpreter', () => {
    const ofValues = arrows.filter(({ values }) => values.length > 0);
    const circles = findCircles(edges(ofValues, file));
    expect(circles.filter(isLoop)).toHaveLength(1);
    expect(circles.filter((circle) => !isLoop(circle)).map((circle) => show(circle, file, ofValues))).toEqual(
      [],
    );
  });

  it('of types between more than two files', () => {
    const circles = findCircles(edges(arrows, file)).filter((circle) => circle.length > 2 && !isLoop(circle));
    expect(circles.map((circle) => show(circle, file, arrows))).toEqual([]);
  });

  it('between folders', () => {
    const circles = findCircles(edges(arrows, dirname));
    expect(circles.map((circle) => show(circle, dirname, arrows))).toEqual([]);
  });
});

describe('folders', () => {
  const byFolder = new Map<string, string[]>();
  for (const path of files) byFolder.set(dirname(path), [...(byFolder.get(dirname(path)) ?? []), path]);

  it('hold at most fifteen files beside each other', () => {
    const large = [...byFolder].filter(([, inside]) => inside.length > 15);
    expect(large.map(([folder, inside]) => `${relative(SRC, folder)}: ${inside.length}`)).toEqual([]);
  });

  it('say what belongs in them when they hold more than five', () => {
    const silent = [...byFolder].filter(
      ([folder, inside]) => inside.length > 5 && !existsSync(join(folder, 'README.md')),
    );
    expect(silent.map(([folder]) => relative(SRC, folder))).toEqual([]);
  });
});

describe('findCircles()', () => {
  it('finds each group of places that reach each other, and nothing else', () => {
    const circles = findCircles([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'a'],
      ['c', 'd'],
      ['d', 'e'],
      ['e', 'd'],
      ['e', 'f'],
      ['g', 'g'],
    ]);
    expect(circles.sort()).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });
});
