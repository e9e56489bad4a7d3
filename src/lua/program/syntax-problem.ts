/** Syntax errors as a reader wants them: at the file, line and column they are about (`vm.md` § 4.1). */
import type { Entry, Position, Problem } from '../../registry/index.ts';
import type { LuaSyntaxError } from '../../vm/index.ts';

/** The problem of an entry whose source does not compile. */
export function syntaxProblem(entry: Entry, error: LuaSyntaxError): Problem {
  const { source } = entry.data;
  const line = String(source ?? '').split(/\r?\n/)[error.line - 1] ?? '';
  const column = error.column ?? columnOf(line, error.reason);
  return {
    severity: 'error',
    position: positionOf(entry, error.line, column),
    entryId: entry.id,
    field: 'source',
    reason: error.message,
  };
}

/** PUC names the token it stumbled over; its last place on the line is where the reader looks. */
function columnOf(line: string, reason: string): number {
  const token = / near '?(.*?)'?$/.exec(reason)?.[1];
  const at = token === undefined || token === '<eof>' ? -1 : line.lastIndexOf(token);
  if (at >= 0) return at + 1;
  return token === '<eof>' ? line.length + 1 : line.length - line.trimStart().length + 1;
}

function positionOf(entry: Entry, line: number, column: number): Position | undefined {
  const { origin } = entry;
  if (origin === undefined) return undefined;
  const file = origin.files.get('source');
  if (file === undefined) return origin.locate(['data', 'source']);
  return { file: origin.show(file), line, column };
}
