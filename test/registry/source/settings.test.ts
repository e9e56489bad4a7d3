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

  const warned = async (text: string, sets: readonly string[] = []) => {
    const { problems } = await load({ '.wippy.yaml': `version: "1.0"\n${text}\n` }, { sets });
    return problems.map((problem) => formatProblem(problem));
  };

  test.each([
    [
      'shutdwon: {timeout: 5s}',
      '2:11',
      'field "shutdwon": there is no such setting (did you mean "shutdown"?)',
    ],
    [
      'shutdown: {timout: 5s}',
      '2:20',
      'field "shutdown.timout": there is no such setting (did you mean "timeout"?)',
    ],
    ['zzzzzzzzz: 1', '2:12', 'field "zzzzzzzzz": there is no such setting'],
    ['prometheus: {enabled: true}', '2:23', 'field "prometheus.enabled": has no effect here'],
    ['metrics:\n  buffer: {size: 5}', '3:18', 'field "metrics.buffer.size": has no effect here'],
    ['metrics: {bufer: {size: 5}}', '2:18', 'field "metrics.bufer": there is no such setting'],
    ['security: {strict_mode: true}', '2:25', 'field "security.strict_mode": has no effect here'],
    [
      'http_client: {block_private_ips: true}',
      '2:34',
      'field "http_client.block_private_ips": has no effect here',
    ],
    ['registry: {history_type: sqlite}', '2:26', 'field "registry.history_type": has no effect here'],
    ['otel: {endpoint: x}', '2:7', 'field "otel": has no effect here'],
    ['cluster: true', '2:10', 'field "cluster": has no effect here'],
    [
      'profiles:\n  dev: {logger: {lvl: x}}',
      '3:23',
      'field "profiles.dev.logger.lvl": there is no such setting (did you mean "level"?)',
    ],
  ])('says that %s changes nothing, and where (app-format.md § 7)', async (text, place, message) => {
    expect(await warned(text)).toEqual([`.wippy.yaml:${place}: warning: ${message}`]);
  });

  test('says it of --set too', async () => {
    expect(await warned('', ['shutdwon.timeout=5s'])).toEqual([
      'warning: field "shutdwon": there is no such setting (did you mean "shutdown"?)',
    ]);
  });

  test.each([
    'prometheus: {enabled: false}',
    'otel: {enabled: false, endpoint: x}',
    'cluster: {}',
    'lua: {eval: {cache_size: 256}, proto_cache_size: 60000}',
    'registry: {history_type: nil, enable_history: true}',
    'override: {"a:b:c": 1}\nvars: {anything: 1}\ndisable: {meta: {x: [1]}}\nworkspace: {replacements: {a/b: x}}',
    'profiles:\n  dev: {disable: {namespaces: {add: [x]}}, override: {"a:b:c": 1}}',
  ])('says nothing of what asks for nothing or is read: %s', async (text) => {
    expect(await warned(text)).toEqual([]);
  });

  test('relay.node_name is a name that can stand in a PID', async () => {
    const { settings } = await load({ '.wippy.yaml': 'version: "1.0"\nrelay: {node_name: alpha-1}\n' });
    expect(settings.nodeName).toBe('alpha-1');
    for (const name of ['a|b', 'a@b', '"{a"', '""', '" "', '-a', 'a'.repeat(64), '5']) {
      await expect(load({ '.wippy.yaml': `version: "1.0"\nrelay: {node_name: ${name}}\n` })).rejects.toThrow(
        /"relay.node_name": expected/,
      );
    }
  });
});
