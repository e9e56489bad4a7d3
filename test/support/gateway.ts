/** What an application under test may have behind its server. */
export interface GatewayOptions {
  /** Further fields of the router `app:router`; its prefix is `/`. */
  readonly router?: Readonly<Record<string, unknown>>;
  /** `GET /path` to a function of the file of its name, e.g. `connect` in `connect.lua`, method `handler`. */
  readonly routes?: Readonly<Record<string, string>>;
  /** Process code by the name of its file, method `main`. */
  readonly processes?: readonly string[];
  /** Those of `processes` that start with the application. */
  readonly services?: readonly string[];
  /** Whatever else there is. */
  readonly entries?: readonly Readonly<Record<string, unknown>>[];
}

/**
 * An `_index.yaml` of namespace `app`: the process host `processes`, the server `gateway` on the port of `PORT`
 * (a free one without it), the router `router`, and what a test adds. Functions may use `http` and `json`,
 * processes `json`.
 */
export function gatewayYaml(options: GatewayOptions): string {
  const { router = {}, routes = {}, processes = [], services = [], entries = [] } = options;
  const lifecycle = { auto_start: true };
  const all: Readonly<Record<string, unknown>>[] = [
    { name: 'processes', kind: 'process.host', lifecycle },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the registry
    { name: 'gateway', kind: 'http.service', addr: '127.0.0.1:${env:PORT|0}', lifecycle },
    { name: 'router', kind: 'http.router', meta: { server: 'gateway' }, prefix: '/', ...router },
  ];
  for (const name of processes) {
    all.push({ name, kind: 'process.lua', source: `file://${name}.lua`, method: 'main', modules: ['json'] });
  }
  for (const process of services) {
    all.push({
      name: `${process}.service`,
      kind: 'process.service',
      process,
      host: 'processes',
      lifecycle,
    });
  }
  for (const name of new Set(Object.values(routes))) {
    const source = `file://${name}.lua`;
    all.push({ name, kind: 'function.lua', source, method: 'handler', modules: ['http', 'json'] });
  }
  for (const [index, [route, func]] of Object.entries(routes).entries()) {
    const [method, path] = route.split(' ');
    const meta = { router: 'router' };
    all.push({ name: `${func}.endpoint${index}`, kind: 'http.endpoint', meta, method, path, func });
  }
  all.push(...entries);
  // JSON is YAML.
  const lines = all.map((entry) => `  - ${JSON.stringify(entry)}\n`);
  return `version: "1.0"\nnamespace: app\nentries:\n${lines.join('')}`;
}
