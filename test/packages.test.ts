/** `npm install` and `npm ci` leave a clean tree on every platform, with npm 10 and 11. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly hasInstallScript?: boolean;
  readonly libc?: unknown;
}

const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, '..', name), 'utf8'));
const packages = read('package-lock.json').packages as Readonly<Record<string, LockedPackage>>;
const manifest = read('package.json');

describe('package-lock.json', () => {
  it('holds the optional packages of every platform: npm ci refuses it where one is missing', () => {
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter((name) => packages[`node_modules/${name}`] === undefined),
    );
    expect(missing).toEqual([]);
  });

  it('is of the versions package.json asks for: npm install has nothing to write', () => {
    const { dependencies, devDependencies, engines, bin } = manifest;
    expect(packages['']).toMatchObject({ dependencies, devDependencies, engines, bin });
  });

  it('has no "libc": npm 10 takes it away at every install, npm 11 does not miss it', () => {
    expect(Object.entries(packages).filter(([, { libc }]) => libc !== undefined)).toEqual([]);
  });

  it('says of every install script whether it may run: npm warns of those nobody decided about', () => {
    const scripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    const names = scripts.map(([path]) => path.replace(/^.*node_modules\//, ''));
    expect(names.filter((name) => manifest.allowScripts?.[name] === undefined)).toEqual([]);
  });
});
