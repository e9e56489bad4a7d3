/** Policies: who may do what to which resource (`modules.md` § 19). Pure; data in, verdict out. */
import { HubError } from '../../base/index.ts';
import { COST, type Question, type Scope, type Verdict } from '../../lua/index.ts';
import { type Entry, equalValues, getAt, isMapping, type Mapping, type Value } from '../../registry/index.ts';
import { charge } from '../../vm/index.ts';
import { compileExpression } from './expression/evaluate.ts';
import { compilePattern, toTruth } from './expression/operators.ts';

/** One rule; made from an entry by `readPolicy`. */
export class Policy {
  readonly id: string;
  readonly groups: readonly string[];
  readonly #rule: PolicyRule;

  constructor(id: string, groups: readonly string[], rule: PolicyRule) {
    this.id = id;
    this.groups = groups;
    this.#rule = rule;
  }

  /**
   * Its effect when an action pattern, a resource pattern and what the rule demands match. A rule that speaks to the
   * question and cannot be evaluated denies: nobody may be let in by a mistake.
   */
  evaluate(question: Question): Verdict {
    const { actions, resources, effect, demands, onFault } = this.#rule;
    charge(COST.policy + actions.length + resources.length);
    const isMeant =
      actions.some((pattern) => matchesPattern(pattern, question.action)) &&
      resources.some((pattern) => matchesPattern(pattern, question.resource));
    if (!isMeant) return 'undefined';
    try {
      return demands(question) ? effect : 'undefined';
    } catch (thrown) {
      if (!(thrown instanceof HubError)) throw thrown;
      onFault(thrown);
      return 'deny';
    }
  }
}

/** A set of policies. Immutable. */
export class PolicySet implements Scope {
  readonly isScope = true;
  readonly policies: readonly Policy[];

  constructor(policies: readonly Policy[]) {
    this.policies = policies;
  }

  with(policy: Policy): PolicySet {
    charge(this.policies.length * 2);
    return this.contains(policy.id) ? this : new PolicySet([...this.policies, policy]);
  }

  without(id: string): PolicySet {
    charge(this.policies.length * 2);
    return new PolicySet(this.policies.filter((policy) => policy.id !== id));
  }

  contains(id: string): boolean {
    charge(this.policies.length);
    return this.policies.some((policy) => policy.id === id);
  }

  /** Any deny denies; else any allow allows. */
  evaluate(question: Question): Verdict {
    let verdict: Verdict = 'undefined';
    for (const policy of this.policies) {
      const one = policy.evaluate(question);
      if (one === 'deny') return 'deny';
      if (one === 'allow') verdict = 'allow';
    }
    return verdict;
  }
}

/** The rule of a policy entry. */
export interface PolicyRule {
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Whether everything else it asks for holds. @throws HubError when that cannot be said */
  readonly demands: (question: Question) => boolean;
  /** Told why it could not be evaluated. */
  readonly onFault: (error: HubError) => void;
}

interface Condition {
  readonly field: string;
  readonly operator: Operator;
  /** Compared with; `valueFrom` names another field instead. */
  readonly value: Value | undefined;
  readonly valueFrom: string | undefined;
}

/** Operators of conditions. */
export const OPERATORS = [
  'eq',
  'ne',
  'lt',
  'gt',
  'lte',
  'gte',
  'in',
  'nin',
  'exists',
  'nexists',
  'contains',
  'ncontains',
  'matches',
  'nmatches',
] as const;

type Operator = (typeof OPERATORS)[number];

/** What expressions of policies may name. */
const EXPRESSION_VARIABLES = ['actor', 'action', 'resource', 'meta'];

/**
 * Reads the data of a `security.policy` or `security.policy.expr` entry, checked by its schema before.
 * @param onFault told why it could not be evaluated, each time.
 * @throws MH_SECURITY_ARGUMENT_INVALID
 */
export function readPolicy(
  { id, data }: Pick<Entry, 'id' | 'data'>,
  onFault: (error: HubError) => void = () => {},
): Policy {
  const rule = isMapping(data.policy) ? data.policy : {};
  return new Policy(id, toTexts(data.groups), {
    effect: rule.effect === 'allow' ? 'allow' : 'deny',
    actions: toTexts(rule.actions),
    resources: toTexts(rule.resources),
    demands:
      typeof rule.expression === 'string'
        ? readExpression(rule.expression)
        : readConditions(id, rule.conditions),
    onFault,
  });
}

function readExpression(source: string): PolicyRule['demands'] {
  const expression = compileExpression(source, EXPRESSION_VARIABLES);
  return ({ actor, action, resource, meta }) => {
    const variables = { actor: { id: actor.id, meta: actor.meta }, action, resource, meta };
    return toTruth(expression.evaluate(variables, charge));
  };
}

function readConditions(id: string, written: Value | undefined): PolicyRule['demands'] {
  const items = Array.isArray(written) ? (written as readonly Value[]) : [];
  const conditions = items.filter(isMapping).map((condition) => readCondition(id, condition));
  return (question) => {
    charge(conditions.length);
    return conditions.every((condition) => holds(condition, question));
  };
}

function readCondition(id: string, condition: Mapping): Condition {
  const operator = OPERATORS.find((name) => name === condition.operator);
  if (operator === undefined || typeof condition.field !== 'string') {
    throw new HubError('MH_SECURITY_ARGUMENT_INVALID', {
      message: `Cannot use policy '${id}': a condition needs a field and a known operator`,
    });
  }
  const valueFrom = typeof condition.value_from === 'string' ? condition.value_from : undefined;
  if (!operator.endsWith('exists') && valueFrom === undefined && condition.value === undefined) {
    throw new HubError('MH_SECURITY_ARGUMENT_INVALID', {
      message: `Cannot use policy '${id}': a condition with operator '${operator}' needs value or value_from`,
    });
  }
  if (operator.endsWith('matches') && typeof condition.value === 'string') compilePattern(condition.value);
  return { field: condition.field, operator, value: condition.value, valueFrom };
}

/** Exact text, `*`, or a prefix before a final `*`. */
function matchesPattern(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function holds({ field, operator, value, valueFrom }: Condition, question: Question): boolean {
  const left = readField(field, question);
  const right = valueFrom === undefined ? value : readField(valueFrom, question);
  switch (operator) {
    case 'exists':
      return left !== undefined && left !== null;
    case 'nexists':
      return left === undefined || left === null;
    case 'eq':
      return isSame(left, right);
    case 'ne':
      return !isSame(left, right);
    case 'lt':
      return compare(left, right) < 0;
    case 'gt':
      return compare(left, right) > 0;
    case 'lte':
      return compare(left, right) <= 0;
    case 'gte':
      return compare(left, right) >= 0;
    case 'in':
      return includes(right, left);
    case 'nin':
      return !includes(right, left);
    case 'contains':
      return includes(left, right);
    case 'ncontains':
      return !includes(left, right);
    case 'matches':
      return matchesRegExp(left, right);
    case 'nmatches':
      return !matchesRegExp(left, right);
    default: {
      const impossible: never = operator;
      return impossible;
    }
  }
}

/** `actor.id`, `actor.meta.x`, `action`, `resource`, `meta.x`. */
function readField(field: string, { actor, action, resource, meta }: Question): Value | undefined {
  if (field === 'actor.id') return actor.id;
  if (field === 'action') return action;
  if (field === 'resource') return resource;
  if (field.startsWith('actor.meta.')) return getAt(actor.meta, field.slice(11).split('.'));
  return field.startsWith('meta.') ? getAt(meta, field.slice(5).split('.')) : undefined;
}

function isSame(left: Value | undefined, right: Value | undefined): boolean {
  return left !== undefined && right !== undefined && equalValues(left, right);
}

/** NaN, which fails every comparison, when the two have no order. */
function compare(left: Value | undefined, right: Value | undefined): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  return Number.NaN;
}

/** A member of a list, or a part of a text. */
function includes(container: Value | undefined, item: Value | undefined): boolean {
  if (item === undefined) return false;
  if (typeof container === 'string') return typeof item === 'string' && container.includes(item);
  return Array.isArray(container) && (container as readonly Value[]).some((one) => equalValues(one, item));
}

/** What compiling a pattern costs, by the size of what it becomes, in instructions. */
const COMPILE_COST = 100;

/** RE2: linear time whatever the pattern. @throws when the pattern cannot be compiled */
function matchesRegExp(text: Value | undefined, pattern: Value | undefined): boolean {
  if (typeof text !== 'string' || typeof pattern !== 'string') return false;
  const program = compilePattern(pattern);
  charge(program.size * COMPILE_COST + text.length * (1 + (program.size >> 4)));
  return program.isIn(text);
}

/** One text, or the texts of a list. */
export function toTexts(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  return (value as readonly Value[]).filter((item): item is string => typeof item === 'string');
}
