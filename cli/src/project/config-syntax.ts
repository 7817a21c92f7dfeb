// Reads the syntax of a capacitor.config file without running it; positions stay those of the file, so edits can be exact.

import { type Expression, type ObjectExpression, type Program, type Property, parse, parseExpressionAt } from 'acorn';
import { CliError, describeError } from '../cli-error.ts';
import { blankTypes, canStripTypes } from './strip-types.ts';

export type ConfigKind = 'json' | 'ts' | 'js';

export interface ConfigSyntax {
  kind: ConfigKind;
  source: string;
  /** What the file exports; undefined when that cannot be told without running it. */
  root: ObjectExpression | undefined;
  /** Names that lead to it, such as `config` in `export default config`. */
  rootNames: string[];
  /** Initial values of top-level constants and variables that are assigned once. */
  constants: ReadonlyMap<string, Expression>;
  /** Undefined for JSON. */
  program: Program | undefined;
}

// A function called so may still be the file's own; these are imported from where it is known what they do.
const IDENTITY_FUNCTIONS: Record<string, string[]> = { '@capacitor/cli': ['defineConfig'] };
const IDENTITY_METHODS = new Set(['freeze', 'seal', 'preventExtensions']);

export function parseConfig(source: string, kind: ConfigKind): ConfigSyntax {
  try {
    if (kind === 'json') {
      // Capacitor reads it strictly; comments and trailing commas would stop the app's build later.
      JSON.parse(source.replace(/^\uFEFF/, ''));
      const root = parseExpressionAt(source, 0, { ecmaVersion: 'latest' });
      return {
        kind,
        source,
        root: root.type === 'ObjectExpression' ? root : undefined,
        rootNames: [],
        constants: new Map(),
        program: undefined,
      };
    }
    const program = parse(kind === 'ts' ? withoutTypes(source) : source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowReturnOutsideFunction: true,
    });
    const constants = collectConstants(program, source);
    const rootNames: string[] = [];
    const syntax = { kind, source, root: undefined, rootNames, constants, program };
    return { ...syntax, root: resolveObject(findExported(program), syntax, (name) => rootNames.push(name)) };
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError('invalid_config', `The Capacitor config cannot be read: ${describeError(cause)}`, { cause });
  }
}

/** The object an expression stands for: itself, a constant's value, or what a call is known to hand back. */
export function resolveObject(
  expression: Expression | undefined | null,
  syntax: ConfigSyntax,
  through: (name: string) => void = () => {},
  depth = 0,
): ObjectExpression | undefined {
  if (!expression || depth > 8) return undefined;
  if (expression.type === 'ObjectExpression') return expression;
  if (expression.type === 'Identifier') {
    through(expression.name);
    return resolveObject(syntax.constants.get(expression.name), syntax, through, depth + 1);
  }
  const argument = identityArgument(expression, syntax.program);
  return argument && resolveObject(argument, syntax, through, depth + 1);
}

/** The argument of a call that returns just that, such as `Object.freeze({…})`; undefined for any other expression. */
export function identityArgument(expression: Expression, program: Program | undefined): Expression | undefined {
  if (expression.type !== 'CallExpression') return undefined;
  const { callee } = expression;
  const [only, ...others] = expression.arguments;
  if (!only || only.type === 'SpreadElement' || others.length > 0) return undefined;
  if (callee.type === 'Identifier') return isIdentityFunction(callee.name, program) ? only : undefined;
  const isMethod =
    callee.type === 'MemberExpression' &&
    !callee.computed &&
    callee.object.type === 'Identifier' &&
    callee.object.name === 'Object' &&
    callee.property.type === 'Identifier' &&
    IDENTITY_METHODS.has(callee.property.name);
  return isMethod ? only : undefined;
}

function isIdentityFunction(name: string, program: Program | undefined): boolean {
  return (program?.body ?? []).some(
    (statement) =>
      statement.type === 'ImportDeclaration' &&
      statement.specifiers.some(
        (specifier) =>
          specifier.type === 'ImportSpecifier' &&
          specifier.local.name === name &&
          specifier.imported.type === 'Identifier' &&
          (IDENTITY_FUNCTIONS[String(statement.source.value)] ?? []).includes(specifier.imported.name),
      ),
  );
}

/** The name of a plain property; undefined for computed ones. */
export function propertyName(property: Property): string | undefined {
  if (property.computed) return undefined;
  if (property.key.type === 'Identifier') return property.key.name;
  return property.key.type === 'Literal' ? String(property.key.value) : undefined;
}

function withoutTypes(source: string): string {
  if (canStripTypes()) return blankTypes(source);
  throw new CliError('config_needs_newer_node', 'Editing a TypeScript config needs Node 22.13 or newer.');
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

function findExported(program: Program): Expression | undefined {
  for (const statement of program.body) {
    if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement;
      return /^(Function|Class)/.test(declaration.type) ? undefined : (declaration as Expression);
    }
    if (statement.type === 'ExpressionStatement' && statement.expression.type === 'AssignmentExpression') {
      const { left, right } = statement.expression;
      if (left.type === 'MemberExpression' && isModuleExports(left)) return right;
    }
  }
  return undefined;
}

function isModuleExports(left: { object: unknown; property: unknown }): boolean {
  const name = (node: unknown) => (node as { type?: string; name?: string }).name;
  return name(left.object) === 'module' && name(left.property) === 'exports';
}
