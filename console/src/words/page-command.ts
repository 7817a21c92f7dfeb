// What a page shows, as a command of the command line. Pure.

const COMMANDS: readonly (readonly [path: RegExp, command: (parts: readonly string[]) => string])[] = [
  [/^\/app\/([^/]+)$/, ([app]) => `overair attention ${app}`],
  [/^\/app\/([^/]+)\/releases$/, ([app]) => `overair release list ${app}`],
  [/^\/app\/([^/]+)\/releases\/(\d+)$/, ([app, id]) => `overair release show ${id} ${app}`],
  [/^\/app\/([^/]+)\/bundles$/, ([app]) => `overair bundle list ${app}`],
  [/^\/app\/([^/]+)\/channels$/, ([app]) => `overair channel list ${app}`],
  [/^\/app\/([^/]+)\/channels\/([^/]+)$/, ([app, name]) => `overair channel show ${name} ${app}`],
  [/^\/app\/([^/]+)\/devices$/, ([app]) => `overair devices list ${app}`],
  [/^\/app\/([^/]+)\/devices\/([^/]+)$/, ([app, id]) => `overair devices explain ${id} ${app}`],
  [/^\/app\/([^/]+)\/push(\/\d+)?$/, ([app]) => `overair push messages ${app}`],
  [/^\/org\/([^/]+)\/members$/, ([org]) => `overair organization members --org ${org}`],
  [/^\/org\/[^/]+\/keys$/, () => 'overair apikey list'],
  [/^\/org\/([^/]+)\/webhooks$/, ([org]) => `overair webhook list --org ${org}`],
  [/^\/org\/([^/]+)\/groups$/, ([org]) => `overair push-group list --org ${org}`],
  [/^\/$/, () => 'overair attention'],
];

/** As one word of a shell. */
const quoted = (word: string): string => (/^[\w.@:-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** `path` is that within the console. Undefined for pages that no command shows. */
export function pageCommand(path: string): string | undefined {
  for (const [pattern, command] of COMMANDS) {
    const found = pattern.exec(path === '/' ? path : path.replace(/\/$/, ''));
    if (found) return command(found.slice(1).map((part) => quoted(decodeURIComponent(part ?? ''))));
  }
  return undefined;
}
