/** What a client accepts (RFC 9110 12.5): lists of names with weights. */

/** Whether a media type is accepted: the most specific range that covers it decides. No header: no. */
export function acceptsType(header: string | undefined, type: string): boolean {
  const [wanted = ''] = type.toLowerCase().split(';');
  const name = wanted.trim();
  const family = `${name.slice(0, name.indexOf('/'))}/*`;
  const weights = weightsOf(header);
  return (weights.get(name) ?? weights.get(family) ?? weights.get('*/*') ?? 0) > 0;
}

/** Whether gzip is accepted: an own entry outweighs `*`. No header: no. */
export function acceptsGzip(header: string | undefined): boolean {
  const weights = weightsOf(header);
  return (weights.get('gzip') ?? weights.get('x-gzip') ?? weights.get('*') ?? 0) > 0;
}

/** Weights by lower-case name; 0 refuses, parameters other than `q` are ignored. */
function weightsOf(header: string | undefined): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of (header ?? '').toLowerCase().split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim());
    const weight = parameters.find((part) => part.startsWith('q='))?.slice(2);
    if (name !== '') weights.set(name, weight === undefined ? 1 : Number(weight));
  }
  return weights;
}
