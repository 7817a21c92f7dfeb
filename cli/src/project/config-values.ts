// The values of a config whose syntax alone proves them; any other file has to be run.

import type { Expression, MemberExpression, ObjectExpression, Program, SpreadElement, TemplateLiteral } from 'acorn';
import { type ConfigSyntax, identityArgument, propertyName } from './config-syntax.ts';
import { visit } from './to-commonjs.ts';

/** Thrown where only running the file would tell. */
const unknown = Symbol('unknown');

// Names that mean something to this reading, unless the file gives them another meaning.
const RESERVED = new Set(['process', 'Object', 'undefined']);

interface Scope {
  program: Program;
  /** Names whose statements lie above, as when the file is run. */
  names: Map<string, unknown>;
  env: NodeJS.ProcessEnv;
}

/**
 * What the file exports by `export default`; undefined unless nothing in the file could make it different: no call, no
 * assignment, no import that is used, no import for its side effects.
 */
export function proveConfig({ program }: ConfigSyntax, env: NodeJS.ProcessEnv): Record<string, unknown> | undefined {
  if (!program) return undefined;
  try {
    const value = readProgram(program, env);
    // As Capacitor copies it: what is undefined is not there.
    return isPlainObject(value) ? (JSON.parse(JSON.stringify(value)) as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error === unknown) return undefined;
    throw error;
  }
}

function readProgram(program: Program, env: NodeJS.ProcessEnv): unknown {
  const scope: Scope = { program, names: new Map(), env };
  let exported: unknown;
  for (const statement of program.body) {
    const inner = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (inner?.type === 'ImportDeclaration') {
      // Dropped by TypeScript when nothing uses it, as it may name a type.
      if (
        inner.specifiers.length === 0 ||
        isUsed(
          program,
          inner.specifiers.map(({ local }) => local.name),
        )
      )
        throw unknown;
    } else if (inner?.type === 'VariableDeclaration') {
      for (const { id, init } of inner.declarations) {
        if (id.type !== 'Identifier' || !init || RESERVED.has(id.name)) throw unknown;
        scope.names.set(id.name, evaluate(init, scope));
      }
    } else if (inner?.type === 'ExportDefaultDeclaration') {
      exported = evaluate(inner.declaration as Expression, scope);
    } else if (inner?.type === 'FunctionDeclaration') {
      if (RESERVED.has(inner.id.name)) throw unknown;
    } else if (inner?.type !== 'EmptyStatement') {
      throw unknown;
    }
  }
  return exported;
}

function isUsed(program: Program, names: string[]): boolean {
  let used = false;
  visit(program, (node) => {
    used ||= node.type === 'Identifier' && names.includes((node as unknown as { name: string }).name);
  });
  return used;
}

function evaluate(node: Expression | SpreadElement, scope: Scope): unknown {
  switch (node.type) {
    case 'Literal':
      if (typeof node.value === 'object' && node.value !== null) throw unknown;
      if (typeof node.value === 'bigint') throw unknown;
      return node.value;
    case 'TemplateLiteral':
      return evaluateTemplate(node, scope);
    case 'ObjectExpression':
      return evaluateObject(node, scope);
    case 'ArrayExpression':
      return node.elements.map((element) => {
        if (!element || element.type === 'SpreadElement') throw unknown;
        return evaluate(element, scope);
      });
    case 'Identifier':
      if (node.name === 'undefined') return undefined;
      if (!scope.names.has(node.name)) throw unknown;
      return scope.names.get(node.name);
    case 'MemberExpression':
      return evaluateMember(node, scope);
    case 'LogicalExpression': {
      const left = evaluate(node.left, scope);
      const takesRight = node.operator === '??' ? left == null : node.operator === '||' ? !left : Boolean(left);
      return takesRight ? evaluate(node.right, scope) : left;
    }
    case 'ConditionalExpression':
      return evaluate(evaluate(node.test, scope) ? node.consequent : node.alternate, scope);
    case 'UnaryExpression': {
      const value = evaluate(node.argument, scope);
      if (node.operator === '!') return !value;
      if (node.operator === '-' && typeof value === 'number') return -value;
      throw unknown;
    }
    case 'BinaryExpression': {
      if (node.left.type === 'PrivateIdentifier') throw unknown;
      const [left, right] = [primitive(node.left, scope), primitive(node.right, scope)];
      if (node.operator === '===') return left === right;
      if (node.operator === '!==') return left !== right;
      if (node.operator === '+' && typeof left === 'string') return left + String(right);
      throw unknown;
    }
    default: {
      const argument = identityArgument(node as Expression, scope.program);
      if (!argument) throw unknown;
      return evaluate(argument, scope);
    }
  }
}

function evaluateObject(node: ObjectExpression, scope: Scope): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const property of node.properties) {
    if (property.type === 'SpreadElement') {
      const spread = evaluate(property.argument, scope);
      if (!isPlainObject(spread)) throw unknown;
      Object.assign(result, spread);
      continue;
    }
    const name = propertyName(property);
    if (name === undefined || name === '__proto__' || property.kind !== 'init' || property.method) throw unknown;
    result[name] = evaluate(property.value, scope);
  }
  return result;
}

function evaluateTemplate(node: TemplateLiteral, scope: Scope): string {
  let text = node.quasis[0]?.value.cooked ?? '';
  for (const [index, expression] of node.expressions.entries()) {
    text += String(primitive(expression, scope)) + (node.quasis[index + 1]?.value.cooked ?? '');
  }
  return text;
}

function evaluateMember(node: MemberExpression, scope: Scope): unknown {
  const key = memberName(node);
  if (key === undefined || node.object.type === 'Super') throw unknown;
  if (isProcessEnv(node.object)) return scope.env[key];
  const owner = evaluate(node.object, scope);
  if (!isPlainObject(owner) || !Object.hasOwn(owner, key)) throw unknown;
  return owner[key];
}

function memberName(node: MemberExpression): string | undefined {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'Literal' ? String(node.property.value) : undefined;
}

function isProcessEnv(node: Expression): boolean {
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return false;
  return node.object.name === 'process' && memberName(node) === 'env';
}

function primitive(node: Expression, scope: Scope): unknown {
  const value = evaluate(node, scope);
  if (typeof value === 'object' && value !== null) throw unknown;
  return value;
}

const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
