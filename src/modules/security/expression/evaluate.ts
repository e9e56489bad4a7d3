/**
 * Evaluates expressions (`modules.md` § 16). Values are plain data: a member is a key a mapping has of its own or an
 * item of a list, so nothing of JavaScript can be reached. Whatever does not fit is a mistake that is thrown; the
 * number of steps is bounded.
 */
import { isMapping, type Value } from '../../../registry/index.ts';
import { type Calling, FUNCTIONS, toList } from './functions.ts';
import { EXPRESSION_RESULT_MAX, EXPRESSION_STEPS_MAX, expressionInvalid } from './limits.ts';
import * as operators from './operators.ts';
import { type BinaryOperator, type Node, parseExpression } from './parse.ts';

/** Names and what they stand for. */
export type Variables = Readonly<Record<string, Value>>;

/** An expression, ready to be asked. */
export interface Expression {
  /**
   * @param charge told how many steps were taken, also when it throws.
   * @throws MH_SECURITY_ARGUMENT_INVALID when it cannot be evaluated with these variables
   */
  evaluate(variables: Variables, charge: (steps: number) => void): Value;
}

/** Reads an expression. @throws MH_SECURITY_ARGUMENT_INVALID */
export function compileExpression(source: string, variables: readonly string[]): Expression {
  const node = parseExpression(source, variables);
  assertPatterns(node);
  return {
    evaluate(values, charge) {
      const evaluation = new Evaluation(charge);
      return evaluation.valueOf(node, { variables: new Map(Object.entries(values)), item: null });
    },
  };
}

/** Patterns that are written out are judged at once. */
function assertPatterns(node: Node): void {
  if (node.kind === 'binary' && node.operator === 'matches' && node.right.kind === 'literal')
    operators.compilePattern(operators.toText(node.right.value));
  for (const child of Object.values(node).flat(2)) {
    if (typeof child === 'object' && child !== null && 'kind' in child) assertPatterns(child as Node);
  }
}

interface Scope {
  readonly variables: ReadonlyMap<string, Value>;
  readonly item: Value;
}

class Evaluation implements Calling {
  readonly #charge: (steps: number) => void;
  #steps = 0;

  constructor(charge: (steps: number) => void) {
    this.#charge = charge;
  }

  readonly spend = (steps: number): void => {
    this.#charge(steps);
    this.#steps += steps;
    if (this.#steps > EXPRESSION_STEPS_MAX)
      throw expressionInvalid(`it takes more than ${EXPRESSION_STEPS_MAX} steps`);
  };

  valueOf(node: Node, scope: Scope): Value {
    this.spend(1);
    switch (node.kind) {
      case 'literal':
        return node.value;
      case 'variable':
        return scope.variables.get(node.name) ?? null;
      case 'item':
        return scope.item;
      case 'list':
        return node.items.map((item) => this.valueOf(item, scope));
      case 'mapping': {
        const mapping: Record<string, Value> = Object.create(null);
        for (const [key, value] of node.pairs) mapping[key] = this.valueOf(value, scope);
        return mapping;
      }
      case 'unary': {
        const operand = this.valueOf(node.operand, scope);
        if (node.operator === 'not') return !operators.toTruth(operand);
        return node.operator === '-' ? -operators.toNumberValue(operand) : operators.toNumberValue(operand);
      }
      case 'binary':
        return this.#binary(node.operator, node.left, node.right, scope);
      case 'conditional':
        return this.valueOf(operators.toTruth(this.valueOf(node.test, scope)) ? node.yes : node.no, scope);
      case 'member':
        return member(this.valueOf(node.object, scope), this.valueOf(node.key, scope), node.isOptional);
      case 'slice':
        return this.#slice(node, scope);
      case 'call':
        return this.#call(node.name, node.args, scope);
      case 'let': {
        const variables = new Map(scope.variables).set(node.name, this.valueOf(node.value, scope));
        return this.valueOf(node.body, { ...scope, variables });
      }
      default: {
        const impossible: never = node;
        return impossible;
      }
    }
  }

  /** The right side of `and`, `or` and `??` is only looked at when it matters. */
  #binary(operator: BinaryOperator, leftNode: Node, rightNode: Node, scope: Scope): Value {
    const left = this.valueOf(leftNode, scope);
    if (operator === 'and' || operator === 'or') {
      const isDecided = operators.toTruth(left) === (operator === 'or');
      return isDecided ? left : operators.toTruth(this.valueOf(rightNode, scope));
    }
    if (operator === '??') return left ?? this.valueOf(rightNode, scope);
    return this.#combine(operator, left, this.valueOf(rightNode, scope));
  }

  #combine(operator: Exclude<BinaryOperator, 'and' | 'or' | '??'>, left: Value, right: Value): Value {
    const { spend } = this;
    switch (operator) {
      case '==':
        return this.#isSame(left, right);
      case '!=':
        return !this.#isSame(left, right);
      case '<':
        return operators.compareValues(left, right) < 0;
      case '<=':
        return operators.compareValues(left, right) <= 0;
      case '>':
        return operators.compareValues(left, right) > 0;
      case '>=':
        return operators.compareValues(left, right) >= 0;
      case '+':
        return operators.add(left, right);
      case '-':
        return operators.toNumberValue(left) - operators.toNumberValue(right);
      case '*':
        return operators.toNumberValue(left) * operators.toNumberValue(right);
      case '/':
        return operators.toNumberValue(left) / operators.toNumberValue(right);
      case '%':
        return operators.remainder(left, right);
      case '**':
        return operators.toNumberValue(left) ** operators.toNumberValue(right);
      case '..':
        return this.#range(operators.toNumberValue(left), operators.toNumberValue(right));
      case 'in':
        return operators.isIn(left, right, spend);
      case 'contains':
        return operators.toText(left).includes(operators.toText(right));
      case 'startsWith':
        return operators.toText(left).startsWith(operators.toText(right));
      case 'endsWith':
        return operators.toText(left).endsWith(operators.toText(right));
      case 'matches':
        return operators.matchesPattern(operators.toText(left), operators.toText(right), spend);
      default: {
        const impossible: never = operator;
        return impossible;
      }
    }
  }

  #isSame(left: Value, right: Value): boolean {
    if (Array.isArray(left)) this.spend(left.length);
    return operators.isSame(left, right);
  }

  #range(from: number, to: number): Value {
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to))
      throw expressionInvalid(`cannot count from ${from} to ${to}`);
    const length = Math.max(0, to - from + 1);
    if (length > EXPRESSION_RESULT_MAX)
      throw expressionInvalid(`a list has ${EXPRESSION_RESULT_MAX} items at most`);
    this.spend(length);
    return Array.from({ length }, (_, index) => from + index);
  }

  #slice({ object, from, to }: Extract<Node, { kind: 'slice' }>, scope: Scope): Value {
    const value = this.valueOf(object, scope);
    const bound = (node: Node | undefined): number | undefined =>
      node === undefined ? undefined : operators.toNumberValue(this.valueOf(node, scope));
    if (typeof value === 'string') return value.slice(bound(from), bound(to));
    return toList(value, this).slice(bound(from), bound(to));
  }

  #call(name: string, args: readonly Node[], scope: Scope): Value {
    const { call } = FUNCTIONS[name]!;
    if (call !== undefined)
      return call(
        args.map((arg) => this.valueOf(arg, scope)),
        this,
      );
    const list = toList(this.valueOf(args[0]!, scope), this);
    const ask = (item: Value): Value => this.valueOf(args[1]!, { ...scope, item });
    if (name === 'map') return list.map(ask);
    const holds = (item: Value): boolean => operators.toTruth(ask(item));
    switch (name) {
      case 'all':
        return list.every(holds);
      case 'any':
        return list.some(holds);
      case 'none':
        return !list.some(holds);
      case 'one':
        return list.filter(holds).length === 1;
      case 'filter':
        return list.filter(holds);
      case 'find':
        return list.find(holds) ?? null;
      case 'findIndex':
        return list.findIndex(holds);
      default:
        return list.filter(holds).length;
    }
  }
}

/** A key the mapping has of its own, `nil` when it has none; an item of a list, from the end when negative. */
function member(object: Value, key: Value, isOptional: boolean): Value {
  if (object === null && isOptional) return null;
  if (Array.isArray(object)) {
    const index = operators.toNumberValue(key);
    const item = Number.isInteger(index) ? (object as readonly Value[]).at(index) : undefined;
    if (item === undefined) throw expressionInvalid(`a list of ${object.length} items has no item ${index}`);
    return item;
  }
  if (!isMapping(object)) throw operators.mismatch(`a mapping to read '${String(key)}' from`, object);
  const name = operators.toText(key);
  return Object.hasOwn(object, name) ? (object[name] ?? null) : null;
}
