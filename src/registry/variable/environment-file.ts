/** The text of an `env.storage.file`: lines `KEY=VALUE` with comments (`app-format.md` § 5.4). */

/** The variables in the text; of several lines with one key the last counts. */
export function parseVariables(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const parsed = parseLine(line);
    if (parsed !== undefined) variables.set(parsed.key, parsed.value);
  }
  return variables;
}

/**
 * The text with one variable written: in its line, whose comment is kept, or in a new last line.
 * @returns `undefined` when the value cannot be written in one line and read back.
 */
export function writeVariable(text: string, key: string, value: string): string | undefined {
  const lines = text.split('\n');
  let index = -1;
  // The last line with the key is the one that is read.
  for (const [at, line] of lines.entries()) if (parseLine(line.replace(/\r$/, ''))?.key === key) index = at;
  const comment = index < 0 ? '' : (parseLine(lines[index]!.replace(/\r$/, ''))?.comment ?? '');
  const line = toLine(key, value, comment) ?? toLine(key, value, '');
  if (line === undefined) return undefined;
  if (index >= 0) lines[index] = lines[index]!.endsWith('\r') ? `${line}\r` : line;
  else if (lines.at(-1) === '') lines.splice(-1, 1, line, '');
  else lines.push(line, '');
  return lines.join('\n');
}

interface Line {
  readonly key: string;
  readonly value: string;
  /** From `#` on; `''` when there is none. */
  readonly comment: string;
}

function parseLine(line: string): Line | undefined {
  const equals = line.indexOf('=');
  const hash = line.indexOf('#');
  if (equals < 0 || (hash >= 0 && hash < equals)) return undefined;
  const key = line.slice(0, equals).trim();
  const text = line.slice(equals + 1).trim();
  if (key === '') return undefined;
  const quote = text[0];
  if ((quote === '"' || quote === "'") && text.length > 1) {
    // Enclosing quotes protect `#`; only blanks or a comment may follow them.
    if (text.endsWith(quote)) return { key, value: text.slice(1, -1), comment: '' };
    for (let end = text.indexOf(quote, 1); end > 0; end = text.indexOf(quote, end + 1)) {
      const rest = text.slice(end + 1).trimStart();
      if (rest.startsWith('#')) return { key, value: text.slice(1, end), comment: rest };
    }
  }
  const start = text.indexOf('#');
  if (start < 0) return { key, value: text, comment: '' };
  return { key, value: text.slice(0, start).trim(), comment: text.slice(start) };
}

function toLine(key: string, value: string, comment: string): string | undefined {
  if (/[\r\n\0]/.test(value + key)) return undefined;
  const tail = comment === '' ? '' : ` ${comment}`;
  for (const written of [value, `"${value}"`, `'${value}'`]) {
    const line = `${key}=${written}${tail}`;
    const parsed = parseLine(line);
    if (parsed?.key === key && parsed.value === value && parsed.comment === comment) return line;
  }
  return undefined;
}
