/** Policies: who may do what to which resource (`modules.md` § 19). Pure; data in, verdict out. */
import { RE2JS } from 're2js';
import { HubError } from '../../base/index.ts';
import { COST, type Question, type Scope, type Verdict } from '../../lua/index.ts';
import { equalValues, getAt, isMapping, type Mapping, type Value } from '../../registry/index.ts';
import { charge } from '../../vm/index.ts';

/** One rule; made from an entry by `readPolicy`. */
export class Policy {
  readonly id: string;
  readonly groups: readonly string[];
  readonly #effect: 'allow' | 'deny';
  readonly #actions: readonly string[];
  readonly #resources: readonly string[];
  readonly #conditions: readonly Condition[];

  constructor(id: string, groups: readonly string[], rule: PolicyRule) {
    this.id = id;
    this.groups = groups;
    this.#effect = rule.effect;
    this.#actions = rule.actions;
    this.#resources = rule.resources;
    this.#conditions = rule.conditions;
  }

  /** Its effect when an action pattern, a resource pattern and all conditions match. */
  evaluate(question: Question): Verdict {
    charge(COST.policy + this.#actions.length + this.#resources.length + this.#conditions.length);
    const matches =
      this.#actions.some((pattern) => matchesPattern(pattern, question.action)) &&
      this.#resources.some((pattern) => matchesPattern(pattern, question.resource)) &&
      this.#conditions.every((condition) => holds(condition, question));
    return matches ? this.#effect : 'undefined';
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
  readonly conditions: readonly Condition[];
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

/** Reads the data of a `security.policy` entry, checked by its schema before. @throws MH_SECURITY_ARGUMENT_INVALID */
export function readPolicy(id: string, data: Mapping): Policy {
  const rule = isMapping(data.policy) ? data.policy : {};
  const conditions = Array.isArray(rule.conditions) ? (rule.conditions as readonly Value[]) : [];
  return new Policy(id, toTexts(data.groups), {
    effect: rule.effect === 'allow' ? 'allow' : 'deny',
    actions: toTexts(rule.actions),
    resources: toTexts(rule.resources),
    conditions: conditions.filter(isMapping).map((condition) => readCondition(id, condition)),
  });
}

function readCondition(id: string, condition: Mapping): Condition {
  const operator = OPERATORS.find((name) => name === condition.operator);
  if (operator === undefined || typeof condition.field !== 'string') {
    throw new HubError('MH_SECURITY_ARGUMENT_INVALID', {
      message: `Cannot use policy '${id}': a condition needs a field and a known operator`,
    });
  }
  const valueFrom = typeof condition.value_from === 'string' ? condition.value_from : undefined;
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

/** RE2: linear time whatever the pattern. A pattern that does not compile matches nothing. */
function matchesRegExp(text: Value | undefined, pattern: Value | undefined): boolean {
  if (typeof text !== 'string' || typeof pattern !== 'string') return false;
  try {
    const program = RE2JS.compile(pattern);
    charge(program.programSize() * COMPILE_COST + text.length * (1 + (program.programSize() >> 4)));
    return program.matcher(text).find();
  } catch {
    return false;
  }
}

/** One text, or the texts of a list. */
export function toTexts(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  return (value as readonly Value[]).filter((item): item is string => typeof item === 'string');
}
