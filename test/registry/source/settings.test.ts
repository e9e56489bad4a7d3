// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders in plain text are the subject here.
import { describe, expect, test } from 'vitest';
import { formatProblem, loadSettings, type SettingsOptions } from '../../../src/registry/index.ts';
import { createTree } from '../world.ts';

async function load(files: Record<string, string>, options: Partial<SettingsOptions> = {}) {
  return loadSettings({ cwd: await createTree(files), environment: {}, ...options });
}

const fails = (message: string) =>
  expect.objectContaining({ code: 'MH_REGISTRY_CONFIG_INVALID', message: expect.stringContaining(message) });

describe('loadSettings() (app-format.md § 7)', () => {
  test('has defaults for everything', async () => {
    const { settings, problems } = await load({});
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      logLevel: 'info',
      logEncoding: 'console',
      shutdownTimeoutMs: 30_000,
      registryVersionsMax: undefined,
      overrides: [],
      disable: { namespaces: [], entries: [], meta: {} },
    });
  });

  test('merges files left to right leaf by leaf, lists are replaced (7.1)', async () => {
    const { settings } = await load(
      {
        'a.yaml': 'version: "1.0"\nlogger: {level: warn, encoding: json}\ndisable: {namespaces: [a, b]}\n',
        'b.yaml': 'version: "1.0"\nlogger: {level: error}\ndisable: {namespaces: [c]}\n',
      },
      { files: ['a.yaml', 'b.yaml'] },
    );
    expect(settings).toMatchObject({
      logLevel: 'error',
      logEncoding: 'json',
      disable: { namespaces: ['c'] },
    });
  });

  test('reads .wippy.yaml unless files are named; those must exist (7.1)', async () => {
    const { settings, problems } = await load({ '.wippy.yaml': 'shutdown: {timeout: 5s}\n' });
    expect(settings.shutdownTimeoutMs).toBe(5000);
    expect(problems.map((problem) => formatProblem(problem))).toEqual([
      '.wippy.yaml:1:1: warning: no "version" given, expected "1.0"',
    ]);
    await expect(load({}, { files: ['x.yaml'] })).rejects.toThrow(fails('file "x.yaml" is not there'));
  });

  test('fills variables, from vars and from the process (7.2)', async () => {
    const { settings } = await load(
      {
        '.wippy.yaml':
          'version: "1.0"\nvars: {level: debug, name: x}\nlogger: {level: "${level}"}\noverride: {"app:a:b": "${name}-${env:HOST}-${env:NONE|d}"}\n',
      },
      { environment: { HOST: 'h' } },
    );
    expect(settings.logLevel).toBe('debug');
    expect(settings.overrides).toEqual([{ entryId: 'app:a', path: 'b', value: 'x-h-d' }]);
    await expect(load({ '.wippy.yaml': 'override: {"a:b:c": "${none}"}\n' })).rejects.toThrow(
      fails('no variable "none"'),
    );
    await expect(load({ '.wippy.yaml': 'override: {"a:b:c": "${env:NONE}"}\n' })).rejects.toThrow(
      fails('variable "NONE" is not set'),
    );
  });

  test('applies profiles in order, with edits of the disable lists (7.3)', async () => {
    const files = {
      '.wippy.yaml': `version: "1.0"
disable: {namespaces: [a, b]}
profiles:
  dev: {logger: {level: debug}, disable: {namespaces: {add: [c], remove: [a]}}}
  quiet: {logger: {level: error}, disable: {namespaces: {add: [d]}}}
`,
    };
    const { settings } = await load(files, { profiles: ['dev', 'quiet'] });
    expect(settings).toMatchObject({ logLevel: 'error', disable: { namespaces: ['b', 'c', 'd'] } });
    await expect(load(files, { profiles: ['dve'] })).rejects.toThrow(
      fails('no profile "dve" (did you mean "dev"?)'),
    );
  });

  test('lets --set win, with the type the value looks like (7.4)', async () => {
    const { settings } = await load(
      { '.wippy.yaml': 'version: "1.0"\nlogger: {level: warn}\n' },
      { sets: ['logger.level=error', 'registry.enable_history=false', 'shutdown.timeout=1m'] },
    );
    expect(settings).toMatchObject({ logLevel: 'error', registryVersionsMax: 1, shutdownTimeoutMs: 60_000 });
    for (const text of ['logger', 'logger=1', '=1', 'a..b=1'])
      await expect(load({}, { sets: [text] })).rejects.toThrow(fails('--set takes'));
  });

  test.each([
    ['logger: {level: lound}', '"logger.level": expected one of'],
    ['shutdown: {timeout: 30}', 'expected a duration such as "10s", got number 30'],
    ['- a', 'is not a mapping'],
    ['a: "', '.wippy.yaml:'],
    ['override: {x: 1}', 'expected "namespace:entry:path", got "x"'],
  ])('refuses %s', async (text, message) => {
    await expect(load({ '.wippy.yaml': `${text}\n` })).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });

  test('names sections that have no effect here', async () => {
    const { settings } = await load({ '.wippy.yaml': 'version: "1.0"\notel: {x: 1}\ncluster: {}\n' });
    expect(settings.ignored).toEqual(['otel', 'cluster']);
  });
});
