/** Columns of text for a terminal. */
import type { Paint } from './console.ts';

/** A header and rows, columns two spaces apart; ends with a line break. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Pick<Paint, 'bold'>,
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const toLine = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd();
  return `${[paint.bold(toLine(header)), ...rows.map(toLine)].join('\n')}\n`;
}
