// Reads `versionName` out of Gradle scripts without running Gradle: literals, variables of the project, texts made of both.

const STRING = `(?:"((?:[^"\\\\]|\\\\.)*)"|'((?:[^'\\\\]|\\\\.)*)')`;
/** References that lead to references: more than this is a circle. */
const MAX_DEPTH = 8;

/** `around`: what the script can see besides itself, joined. Undefined when the value is computed in a way that only Gradle knows. */
export function readGradleVersion(script: string, around: string): string | undefined {
  const own = withoutComments(script);
  // A flavour may have one of its own; the first is that of `defaultConfig`.
  const expression = /\bversionName(?:\s*=\s*|\s*\(\s*|\s+)([^\n;]+)/.exec(own)?.[1];
  if (expression === undefined) return undefined;
  const scope = `${own.replace(/\bversionName[^\n]*/g, '')}\n${withoutComments(around)}`;
  return evaluate(
    expression.trim().replace(/\)\s*$/, (end) => (expression.includes('(') ? end : '')),
    scope,
    0,
  );
}

function evaluate(expression: string, scope: string, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const text = new RegExp(`^${STRING}\\)?(?:\\.toString\\(\\))?$`).exec(expression);
  if (text) return text[2] ?? fill(text[1] ?? '', scope, depth);
  if (/^\d+(?:\.\d+)*$/.test(expression)) return expression;
  // "1." + minor, as older scripts write it.
  const parts = expression.split(/\s*\+\s*/);
  if (parts.length > 1) {
    const values = parts.map((part) => evaluate(part, scope, depth + 1));
    return values.every((value) => value !== undefined) ? values.join('') : undefined;
  }
  const name = referenceOf(expression);
  return name === undefined ? undefined : lookUp(name, scope, depth);
}

/** `project.ext.appVersion`, `rootProject.ext['appVersion']`, `findProperty("APP_VERSION")`: the last word is the name. */
function referenceOf(expression: string): string | undefined {
  const call = /(?:findProperty|property|get|getProperty)\s*\(\s*["']([\w.-]+)["']\s*\)/.exec(expression)?.[1];
  const index = /\[\s*["']([\w.-]+)["']\s*\]/.exec(expression)?.[1];
  const path = /^(?:[\w$]+[.?!]*\.)*([\w$]+)(?:\s+as\s+String|\.toString\(\)|!!)?$/.exec(expression)?.[1];
  return call ?? index ?? path;
}

function fill(template: string, scope: string, depth: number): string | undefined {
  let missing = false;
  const filled = template.replace(/\$\{([^}]+)\}|\$([A-Za-z_]\w*)/g, (_, braced?: string, bare?: string) => {
    const value = evaluate((braced ?? bare ?? '').trim(), scope, depth + 1);
    if (value === undefined) missing = true;
    return value ?? '';
  });
  return missing ? undefined : filled;
}

function lookUp(name: string, scope: string, depth: number): string | undefined {
  const escaped = name.replace(/[.$]/g, '\\$&');
  const assignment = new RegExp(
    `(?:^|[\\s{;,.(])(?:["']?${escaped}["']?|extra\\(["']${escaped}["']\\)|set\\(["']${escaped}["'],)\\s*(?:=|:)\\s*([^\\n;,]+)`,
    'm',
  );
  const value = assignment.exec(scope)?.[1]?.trim();
  if (value === undefined) return undefined;
  // gradle.properties writes texts without quotes.
  return /^\d+(?:\.\d+)*(?:[-+][\w.+-]+)?$/.test(value) ? value : evaluate(value, scope, depth + 1);
}

const withoutComments = (script: string) =>
  script.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(^|[^:"'])\/\/[^\n]*/g, '$1');
