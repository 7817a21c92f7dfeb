// Tells whether a config file does anything else with an object that is to be edited: then its literal is not its value.

import type { MemberExpression, Node, Program } from 'acorn';
import { identityArgument } from './config-syntax.ts';
import { visit } from './to-commonjs.ts';

/** A name that stands for an object, and the way from there to the value that is edited. */
export interface Passage {
  name: string;
  path: string[];
}

/** True when some code may read or change what lies on the way. `passages` are all names that lead to the edited value. */
export function isTouched(program: Program, passages: Passage[]): boolean {
  let touched = exportsTwice(program);
  const names = new Set(passages.map(({ name }) => name));
  visit(program, (node, parent) => {
    if (node.type === 'MemberExpression' && !isObjectOf(node, parent)) {
      const chain = chainOf(node as MemberExpression);
      touched ||= passages.some(({ name, path }) => chain?.name === name && !diverges(chain.keys, path));
    }
    if (node.type === 'AssignmentExpression') touched ||= bindsByPattern(node, names);
    if (node.type !== 'Identifier') return;
    const { name } = node as Node & { name: string };
    touched ||= names.has(name) && !isHarmless(node, parent, names, program);
  });
  return touched;
}

function isHarmless(node: Node, parent: Node | undefined, names: Set<string>, program: Program): boolean {
  switch (parent?.type) {
    case 'MemberExpression': // Looked at as a whole chain.
    case 'SpreadElement':
    case 'Property':
    case 'ExportDefaultDeclaration':
    case 'ExportSpecifier':
      return true;
    case 'VariableDeclarator': {
      const { id } = parent as Node & { id: Node & { name?: string } };
      return id === node || names.has(id.name ?? '');
    }
    case 'AssignmentExpression': {
      const { left, right, operator } = parent as Node & { left: Node; right: Node; operator: string };
      // The only plain assignment to the name is where its value comes from.
      if (left === node) return operator === '=';
      return right === node && chainOf(left as MemberExpression)?.name === 'module';
    }
    default:
      return identityArgument(parent as never, program) === (node as Node);
  }
}

/** `({ config } = load())`. */
function bindsByPattern(node: Node, names: Set<string>): boolean {
  const { left } = node as Node & { left: Node };
  let binds = false;
  if (!left.type.endsWith('Pattern')) return false;
  visit(left, (inner) => {
    binds ||= inner.type === 'Identifier' && names.has((inner as Node & { name: string }).name);
  });
  return binds;
}

const isObjectOf = (node: Node, parent: Node | undefined) =>
  parent?.type === 'MemberExpression' && (parent as MemberExpression).object === node;

/** `a.b["c"]` as name and keys; a key is undefined where it is computed. */
function chainOf(node: MemberExpression): { name: string; keys: (string | undefined)[] } | undefined {
  const keys: (string | undefined)[] = [];
  let current: Node = node;
  while (current.type === 'MemberExpression') {
    const { property, computed, object } = current as MemberExpression;
    const plain = !computed && property.type === 'Identifier' ? property.name : undefined;
    keys.unshift(plain ?? (property.type === 'Literal' ? String(property.value) : undefined));
    current = object;
  }
  return current.type === 'Identifier' ? { name: (current as Node & { name: string }).name, keys } : undefined;
}

/** True when both ways part before either ends. */
function diverges(keys: (string | undefined)[], path: string[]): boolean {
  for (const [index, key] of keys.slice(0, path.length).entries()) {
    if (key === undefined) return false;
    if (key !== path[index]) return true;
  }
  return false;
}

/** `module.exports` named more than once: the later one may add to the first, or replace it. */
function exportsTwice(program: Program): boolean {
  let count = 0;
  visit(program, (node, parent) => {
    if (node.type !== 'MemberExpression' || isObjectOf(node, parent)) return;
    const chain = chainOf(node as MemberExpression);
    if (chain?.name === 'module' && chain.keys[0] === 'exports') count += 1;
  });
  return count > 1;
}
