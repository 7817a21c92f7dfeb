// The values of a config's syntax tree, as far as they are plain to see: literals, constants, spreads and `process.env` look-ups.

import type { Expression, MemberExpression, ObjectExpression, SpreadElement, TemplateLiteral } from 'acorn';
import { type ConfigSyntax, propertyName } from './config-syntax.ts';

/** Stands where only running the file would tell. */
const unknown = Symbol('unknown');

interface Scope {
  constants: ReadonlyMap<string, Expression>;
  env: NodeJS.ProcessEnv;
  depth: number;
}

/** Properties that cannot be told are left out, and `complete` is false. */
export function evaluateConfig(
  syntax: ConfigSyntax,
  env: NodeJS.ProcessEnv,
): { values: Record<string, unknown>; complete: boolean } {
  if (!syntax.root) return { values: {}, complete: false };
  const values = evaluate(syntax.root, { constants: syntax.constants, env, depth: 0 });
  let complete = true;
  const clean = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null) return value;
    const known = Object.entries(value).filter(([, item]) => item !== unknown);
    if (known.length < Object.keys(value).length || unknown in value) complete = false;
    return Object.fromEntries(known.map(([key, item]) => [key, clean(item)]));
  };
  return { values: clean(values) as Record<string, unknown>, complete };
}

function evaluate(node: Expression | SpreadElement, scope: Scope): unknown {
  switch (node.type) {
    case 'Literal':
      return node.value;
    case 'TemplateLiteral':
      return evaluateTemplate(node, scope);
    case 'ObjectExpression':
      return evaluateObject(node, scope);
    case 'ArrayExpression':
      return node.elements.map((element) => (element ? evaluate(element, scope) : undefined));
    case 'Identifier':
      return evaluateConstant(node.name, scope);
    case 'MemberExpression':
      return evaluateMember(node, scope);
    case 'LogicalExpression': {
      const left = evaluate(node.left, scope);
      if (left === unknown) return unknown;
      const takesRight = node.operator === '??' ? left == null : node.operator === '||' ? !left : Boolean(left);
      return takesRight ? evaluate(node.right, scope) : left;
    }
    case 'ConditionalExpression': {
      const test = evaluate(node.test, scope);
      return test === unknown ? unknown : evaluate(test ? node.consequent : node.alternate, scope);
    }
    case 'UnaryExpression': {
      const value = evaluate(node.argument, scope);
      if (value === unknown) return unknown;
      return node.operator === '!' ? !value : node.operator === '-' ? -Number(value) : unknown;
    }
    case 'BinaryExpression': {
      if (node.left.type === 'PrivateIdentifier') return unknown;
      const [left, right] = [evaluate(node.left, scope), evaluate(node.right, scope)];
      if (left === unknown || right === unknown) return unknown;
      if (node.operator === '===' || node.operator === '==') return left === right;
      if (node.operator === '!==' || node.operator === '!=') return left !== right;
      return node.operator === '+' && typeof left === 'string' ? left + String(right) : unknown;
    }
    case 'CallExpression':
      // `defineConfig({…})` and its like return what they are given; anything else is code.
      return node.arguments.length === 1 && node.arguments[0]?.type === 'ObjectExpression'
        ? evaluate(node.arguments[0], scope)
        : unknown;
    default:
      return unknown;
  }
}

function evaluateObject(node: ObjectExpression, scope: Scope): Record<PropertyKey, unknown> {
  const result: Record<PropertyKey, unknown> = {};
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      const spread = evaluate(property.argument, scope);
      if (typeof spread === 'object' && spread !== null) Object.assign(result, spread);
      else if (spread === unknown) result[unknown] = true;
      continue;
    }
    const name = propertyName(property);
    if (name === undefined || property.kind !== 'init') result[unknown] = true;
    else result[name] = evaluate(property.value, scope);
  }
  return result;
}

function evaluateTemplate(node: TemplateLiteral, scope: Scope): unknown {
  let text = node.quasis[0]?.value.cooked ?? '';
  for (const [index, expression] of node.expressions.entries()) {
    const value = evaluate(expression, scope);
    if (value === unknown) return unknown;
    text += String(value) + (node.quasis[index + 1]?.value.cooked ?? '');
  }
  return text;
}

function evaluateConstant(name: string, scope: Scope): unknown {
  if (name === 'undefined') return undefined;
  const value = scope.constants.get(name);
  return value && scope.depth < 16 ? evaluate(value, { ...scope, depth: scope.depth + 1 }) : unknown;
}

function evaluateMember(node: MemberExpression, scope: Scope): unknown {
  const key =
    !node.computed && node.property.type === 'Identifier'
      ? node.property.name
      : node.property.type === 'Literal'
        ? String(node.property.value)
        : undefined;
  if (key === undefined || node.object.type === 'Super') return unknown;
  if (isProcessEnv(node.object)) return scope.env[key];
  const owner = evaluate(node.object, scope);
  if (typeof owner !== 'object' || owner === null || unknown in owner) return unknown;
  return (owner as Record<string, unknown>)[key];
}

function isProcessEnv(node: Expression): boolean {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return false;
  return node.object.name === 'process' && node.property.type === 'Identifier' && node.property.name === 'env';
}
