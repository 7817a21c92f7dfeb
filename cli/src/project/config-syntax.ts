// Reads the syntax of a capacitor.config file without running it; positions stay those of the file, so edits can be exact.

import * as nodeModule from 'node:module';
import { type Expression, type ObjectExpression, type Program, type Property, parse, parseExpressionAt } from 'acorn';
import { CliError, describeError } from '../cli-error.ts';

export type ConfigKind = 'json' | 'ts' | 'js';

export interface ConfigSyntax {
  kind: ConfigKind;
  source: string;
  /** What the file exports; undefined when that cannot be told without running it. */
  root: ObjectExpression | undefined;
  /** Initial values of top-level constants and variables that are assigned once. */
  constants: ReadonlyMap<string, Expression>;
}

export function parseConfig(source: string, kind: ConfigKind): ConfigSyntax {
  try {
    if (kind === 'json') {
      // Capacitor reads it strictly; comments and trailing commas would stop the app's build later.
      JSON.parse(source.replace(/^\uFEFF/, ''));
      const root = parseExpressionAt(source, 0, { ecmaVersion: 'latest' });
      return { kind, source, root: root.type === 'ObjectExpression' ? root : undefined, constants: new Map() };
    }
    const program = parse(kind === 'ts' ? withoutTypes(source) : source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowReturnOutsideFunction: true,
    });
    const constants = collectConstants(program, source);
    return { kind, source, root: findRoot(program, constants), constants };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError('invalid_config', `The Capacitor config cannot be read: ${describeError(cause)}`, { cause });
  }
}

/** The object an expression stands for: itself, a constant's value, or the argument of `defineConfig({…})`. */
export function resolveObject(
  expression: Expression | undefined | null,
  constants: ReadonlyMap<string, Expression>,
  depth = 0,
): ObjectExpression | undefined {
  if (!expression || depth > 8) return undefined;
  if (expression.type === 'ObjectExpression') return expression;
  if (expression.type === 'Identifier') return resolveObject(constants.get(expression.name), constants, depth + 1);
  if (expression.type === 'CallExpression') {
    const [only, ...others] = expression.arguments;
    return only && only.type !== 'SpreadElement' && others.length === 0
      ? resolveObject(only, constants, depth + 1)
      : undefined;
  }
  return undefined;
}

/** The name of a plain property; undefined for computed ones. */
export function propertyName(property: Property): string | undefined {
  if (property.computed) return undefined;
  if (property.key.type === 'Identifier') return property.key.name;
  return property.key.type === 'Literal' ? String(property.key.value) : undefined;
}

// Node blanks out types with spaces, so every offset in the result is an offset in the file.
function withoutTypes(source: string): string {
  const strip = nodeModule.stripTypeScriptTypes;
  if (!strip) {
    throw new CliError('config_needs_newer_node', 'Reading a TypeScript config needs Node 22.13 or newer.');
  }
  const stripped = quietly(() => strip(source));
  if (stripped.length !== source.length) {
    // Characters outside ASCII inside a type annotation are blanked byte by byte.
    throw new CliError('config_not_readable', 'The Capacitor config has non-ASCII characters inside a type.');
  }
  return stripped;
}

// Node calls the function experimental; that is our business, not the reader's.
function quietly<T>(run: () => T): T {
  const emitWarning = process.emitWarning;
  process.emitWarning = () => {};
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function collectConstants(program: Program, source: string): Map<string, Expression> {
  const constants = new Map<string, Expression>();
  const assignedLater = new Set<string>();
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type === 'VariableDeclaration') {
      for (const { id, init } of declaration.declarations) {
        if (id.type !== 'Identifier') continue;
        if (!init) assignedLater.add(id.name);
        // A variable with two values is only known by running the file.
        else if (declaration.kind === 'const' || countAssignments(source, id.name) === 1) constants.set(id.name, init);
      }
    }
    if (statement.type === 'ExpressionStatement' && statement.expression.type === 'AssignmentExpression') {
      const { left, right } = statement.expression;
      if (left.type !== 'Identifier') continue;
      if (assignedLater.has(left.name) && countAssignments(source, left.name) === 1) constants.set(left.name, right);
    }
  }
  return constants;
}

/** Counts `name =` and `name: Type =`, nested ones too. */
function countAssignments(source: string, name: string): number {
  const escaped = name.replaceAll('$', '\\$');
  return source.match(new RegExp(`(?<![\\w$.])${escaped}\\s*(?::[^=;]*)?=(?![=>])`, 'g'))?.length ?? 0;
}

function findRoot(program: Program, constants: Map<string, Expression>): ObjectExpression | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement;
      return /^(Function|Class)/.test(declaration.type)
        ? undefined
        : resolveObject(declaration as Expression, constants);
    }
    if (statement.type === 'ExpressionStatement' && statement.expression.type === 'AssignmentExpression') {
      const { left, right } = statement.expression;
      if (left.type === 'MemberExpression' && isModuleExports(left)) return resolveObject(right, constants);
    }
  }
  return undefined;
}

function isModuleExports(left: { object: unknown; property: unknown }): boolean {
  const name = (node: unknown) => (node as { type?: string; name?: string }).name;
  return name(left.object) === 'module' && name(left.property) === 'exports';
}
