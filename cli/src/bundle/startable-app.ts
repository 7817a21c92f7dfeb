// What makes a bundle roll back on every phone: no index.html, or code that never says `notifyAppReady`.

import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { WebFile } from './web-folder.ts';

const CALL = 'notifyAppReady';
const SCRIPT = /\.[cm]?js$/i;
const PAGE = /\.html?$/i;

interface StartChecks {
  ignoreNotifyAppReady?: boolean;
  /** Called when code that cannot be searched may make the call. */
  warn(message: string): void;
}

export async function requireStartableApp(files: WebFile[], checks: StartChecks): Promise<void> {
  if (!files.some((file) => file.name === 'index.html')) {
    throw new CliError('index_html_not_found', 'The web folder has no index.html at its root.', {
      hint: 'Point --path at the build output, or pass --no-code-check.',
    });
  }
  if (checks.ignoreNotifyAppReady) return;
  const found = await findReadyCall(files);
  if (found.calls) return;
  if (found.hidden) {
    checks.warn(
      `No script of the bundle calls ${CALL}(), but ${found.hidden} may. If nothing does, devices roll the update back.`,
    );
    return;
  }
  throw new CliError('notifyAppReady_not_in_source_code', `No script in the web folder calls ${CALL}().`, {
    hint: `Without it devices roll the update back. Call CapacitorUpdater.${CALL}() at start, or pass --ignore-notify-app-ready.`,
  });
}

/** `hidden` names code that runs in the app and cannot be searched. */
export async function findReadyCall(files: WebFile[]): Promise<{ calls: boolean; hidden?: string }> {
  const scripts = new Set(files.filter(({ name }) => SCRIPT.test(name)).map(({ name }) => name));
  let hidden = files.find(({ name }) => /\.wasm$/i.test(name))?.name;
  for (const file of files.filter(({ name }) => PAGE.test(name))) {
    const page = readPage(await readFile(file.path, 'utf8'));
    if (page.inline.some(mentionsReadyCall)) return { calls: true };
    for (const source of page.sources) {
      if (/^(?:[a-z]+:)?\/\//i.test(source)) hidden ??= source;
      // A page may name its scripts as it likes: app.txt runs too.
      else scripts.add(resolveSource(file.name, source));
    }
  }
  for (const file of files) {
    if (!scripts.has(file.name)) continue;
    const bytes = await readFile(file.path);
    if (!bytes.includes(CALL)) continue;
    if (mentionsReadyCall(bytes.toString())) return { calls: true };
    hidden ??= `${file.name}, which defines ${CALL}(),`;
  }
  return hidden === undefined ? { calls: false } : { calls: false, hidden };
}

// Together, as each may hold what begins the other.
const COMMENT_OR_SCRIPT = /<!--[\s\S]*?(?:-->|$)|<script\b((?:[^>"']|"[^"]*"|'[^']*')*)>([\s\S]*?)<\/script\s*>/gi;
// The plugin ships such a method for browsers, so every app that imports it has one.
const DEFINITION = /\bnotifyAppReady\s*\([\w\s,$]*\)\s*\{/g;

/** True unless the code only defines the method. */
export const mentionsReadyCall = (code: string): boolean => code.replace(DEFINITION, '').includes(CALL);

const HANDLER = /\son[a-z]+\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
/** Types that a web view runs; any other makes the element a block of data. */
const RUNNING_TYPE = /^(?:|module|(?:text|application)\/(?:x-)?(?:java|ecma)script)$/i;

function readPage(html: string): { inline: string[]; sources: string[] } {
  const inline: string[] = [];
  const sources: string[] = [];
  const rest = html.replace(COMMENT_OR_SCRIPT, (_all, attributes: string | undefined, code: string) => {
    if (attributes === undefined || !RUNNING_TYPE.test(attributeOf(attributes, 'type') ?? '')) return '';
    const source = attributeOf(attributes, 'src');
    if (source === undefined) inline.push(code);
    else sources.push(source);
    return '';
  });
  for (const [, double, single] of rest.matchAll(HANDLER)) inline.push(double ?? single ?? '');
  return { inline, sources };
}

function attributeOf(attributes: string, name: string): string | undefined {
  const found = new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(attributes);
  return (found?.[1] ?? found?.[2] ?? found?.[3])?.trim();
}

function resolveSource(page: string, source: string): string {
  const path = source.replace(/[?#].*$/, '');
  const name = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(page), path);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
