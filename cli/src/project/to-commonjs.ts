// Imports and exports as CommonJS, the way TypeScript writes them: what Capacitor runs is never a module of the newer kind.

import { type ImportDeclaration, type Node, type Program, parse } from 'acorn';

// As TypeScript's `esModuleInterop`: a CommonJS module is its own default.
const PRELUDE = [
  '"use strict";Object.defineProperty(exports,"__esModule",{value:true});',
  'const __default=(m)=>m&&m.__esModule?m.default:m;',
  'const __star=(m)=>m&&m.__esModule?m:Object.assign({default:m},m);',
].join('');

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** `source` is JavaScript. An import that nothing uses is dropped: it may name a type. Lines stay where they are. */
export function toCommonJs(source: string): string {
  const program = parse(source, {
    ecmaVersion: 'latest',
    sourceType: 'module',
    allowAwaitOutsideFunction: true,
    allowReturnOutsideFunction: true,
    allowHashBang: true,
  });
  const isModule = program.body.some(({ type }) => /^(Import|Export)/.test(type));
  if (!isModule) return source;
  const used = new Set<string>();
  const edits: Edit[] = [];
  visit(program, (node) => {
    if (node.type === 'Identifier') used.add((node as Node & { name: string }).name);
    if (node.type === 'ImportExpression') edits.push(lazyImport(source, node as Node & { source: Node }));
  });
  edits.push(...program.body.flatMap((statement) => statementEdits(source, statement, used)));
  return PRELUDE + applyEdits(source, edits);
}

function statementEdits(source: string, statement: Program['body'][number], used: Set<string>): Edit[] {
  const lineEnds = source.slice(statement.start, statement.end).replace(/[^\n]/g, '');
  const replace = (text: string): Edit[] => [{ start: statement.start, end: statement.end, text: text + lineEnds }];
  switch (statement.type) {
    case 'ImportDeclaration':
      return replace(requireOf(statement, used));
    case 'ExportDefaultDeclaration': {
      const { declaration } = statement;
      const name = 'id' in declaration && /Declaration$/.test(declaration.type) ? declaration.id?.name : undefined;
      const head = { start: statement.start, end: declaration.start, text: name ? '' : 'exports.default=' };
      return name ? [head, insert(statement.end, `;exports.default=${name};`)] : [head];
    }
    case 'ExportAllDeclaration': {
      const from = `require(${statement.source.raw})`;
      const name = statement.exported && nameOf(statement.exported);
      return replace(
        name ? `exports.${name}=__star(${from});` : `Object.assign(exports,{...${from},default:undefined});`,
      );
    }
    case 'ExportNamedDeclaration': {
      const { declaration } = statement;
      if (declaration) {
        const names =
          'declarations' in declaration
            ? declaration.declarations.flatMap(({ id }) => boundNames(id))
            : [declaration.id.name];
        const exported = names.map((name) => `exports.${name}=${name};`).join('');
        return [{ start: statement.start, end: declaration.start, text: '' }, insert(statement.end, `;${exported}`)];
      }
      const owner = statement.source ? `require(${statement.source.raw}).` : '';
      const each = statement.specifiers.map(
        ({ local, exported }) => `exports.${nameOf(exported)}=${owner}${nameOf(local)};`,
      );
      return replace(each.join(''));
    }
    default:
      return [];
  }
}

function requireOf(statement: ImportDeclaration, used: Set<string>): string {
  const from = `require(${statement.source.raw})`;
  if (statement.specifiers.length === 0) return `${from};`;
  const kept = statement.specifiers.filter(({ local }) => used.has(local.name));
  const parts = kept.map((specifier) => {
    const { name } = specifier.local;
    if (specifier.type === 'ImportDefaultSpecifier') return `${name}=__default(${from})`;
    if (specifier.type === 'ImportNamespaceSpecifier') return `${name}=__star(${from})`;
    const imported = nameOf(specifier.imported);
    return imported === 'default' ? `${name}=__default(${from})` : `{${imported}:${name}}=${from}`;
  });
  return parts.length === 0 ? '' : `const ${parts.join(',')};`;
}

const lazyImport = (source: string, node: Node & { source: Node }): Edit => ({
  start: node.start,
  end: node.end,
  text: `Promise.resolve().then(()=>__star(require(${source.slice(node.source.start, node.source.end)})))`,
});

const insert = (at: number, text: string): Edit => ({ start: at, end: at, text });

const nameOf = (node: { type: string; name?: string; value?: unknown }) => String(node.name ?? node.value);

function boundNames(pattern: Node): string[] {
  const names: string[] = [];
  visit(pattern, (node) => {
    if (node.type === 'Identifier') names.push((node as Node & { name: string }).name);
  });
  return names;
}

/** Every node except import declarations, whose names are no uses. */
export function visit(node: Node, see: (node: Node, parent?: Node) => void, parent?: Node): void {
  if (node.type === 'ImportDeclaration') return;
  see(node, parent);
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') visit(child as Node, see, node);
    }
  }
}

function applyEdits(source: string, edits: Edit[]): string {
  let text = source;
  for (const edit of edits.sort((a, b) => b.start - a.start || b.end - a.end)) {
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  }
  return text;
}
