/** Which source file takes which names from which other, read from the import and export declarations. */
import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import ts from 'typescript';

/** What one file takes from another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Names taken as values. */
  readonly values: readonly string[];
  /** Names taken as types only. */
  readonly types: readonly string[];
}

/** All arrows between these files; paths are shown relative to `root`. `import()` is a value named `import()`. */
export function readArrows(files: readonly string[], root: string): Arrow[] {
  const known = new Set(files);
  return files.flatMap((file) => {
    const byTarget = new Map<string, { values: string[]; types: string[] }>();
    const take = (specifier: string, name: string, isType: boolean): void => {
      const target = resolve(dirname(file), specifier);
      if (!specifier.startsWith('.') || !known.has(target)) return;
      const arrow = byTarget.get(target) ?? { values: [], types: [] };
      byTarget.set(target, arrow);
      arrow[isType ? 'types' : 'values'].push(name);
    };
    visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest), take);
    return [...byTarget].map(([to, names]) => ({
      from: relative(root, file),
      to: relative(root, to),
      ...names,
    }));
  });
}

type Take = (specifier: string, name: string, isType: boolean) => void;

function visit(node: ts.Node, take: Take): void {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    const named = clause?.namedBindings;
    const isType = clause?.isTypeOnly === true;
    if (named !== undefined && ts.isNamedImports(named)) {
      for (const each of named.elements) {
        take(node.moduleSpecifier.text, (each.propertyName ?? each.name).text, isType || each.isTypeOnly);
      }
    } else take(node.moduleSpecifier.text, '*', isType);
  } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const { text } = node.moduleSpecifier as ts.StringLiteral;
    const clause = node.exportClause;
    if (clause !== undefined && ts.isNamedExports(clause)) {
      for (const each of clause.elements) {
        take(text, (each.propertyName ?? each.name).text, node.isTypeOnly || each.isTypeOnly);
      }
    } else take(text, '*', node.isTypeOnly);
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) take(specifier.text, 'import()', false);
  }
  ts.forEachChild(node, (child) => visit(child, take));
}

/** Groups of places that reach each other, each sorted, by Tarjan's algorithm. */
export function findCircles(edges: Iterable<readonly [from: string, to: string]>): string[][] {
  const next = new Map<string, string[]>();
  for (const [from, to] of edges) {
    if (from === to) continue;
    const targets = next.get(from);
    if (targets === undefined) next.set(from, [to]);
    else targets.push(to);
  }
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const walk = (place: string): void => {
    const index = order.size;
    order.set(place, index);
    low.set(place, index);
    stack.push(place);
    for (const target of next.get(place) ?? []) {
      if (!order.has(target)) walk(target);
      // One that has left the stack belongs to a finished group.
      if (stack.includes(target)) low.set(place, Math.min(low.get(place)!, low.get(target)!));
    }
    if (low.get(place) !== index) return;
    const circle = stack.splice(stack.indexOf(place));
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const place of next.keys()) if (!order.has(place)) walk(place);
  return circles;
}
