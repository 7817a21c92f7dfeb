// Reads the version of an iOS app out of Info.plist and the build settings that it refers to.

const MAX_DEPTH = 8;

interface XcodeVersion {
  /** Undefined when nothing says it, or only Xcode can compute it. */
  version: string | undefined;
  isFromProject: boolean;
}

/** `settings`: the project file and the .xcconfig files, joined. */
export function readXcodeVersion(plist: string, settings: string): XcodeVersion {
  const written = /<key>\s*CFBundleShortVersionString\s*<\/key>\s*<string>([^<]*)<\/string>/.exec(plist)?.[1]?.trim();
  // Xcode makes the entry by itself where the file lacks it.
  const text = written ?? '$(MARKETING_VERSION)';
  return { version: resolve(text, settings, 0), isFromProject: text.includes('$') };
}

function resolve(text: string, settings: string, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  let missing = false;
  const filled = text.replace(/\$[({](\w+)(?::\w+)*[)}]/g, (_, name: string) => {
    const value = findSetting(name, settings);
    const found = value === undefined ? undefined : resolve(value, settings, depth + 1);
    if (found === undefined) missing = true;
    return found ?? '';
  });
  return missing || filled === '' ? undefined : filled;
}

/** What goes to the store is built by `Release`; a target of tests or of an extension has another Info.plist. */
function findSetting(name: string, settings: string): string | undefined {
  const blocks = [...settings.matchAll(/buildSettings = \{([\s\S]*?)\n\s*\};\s*name = (\w+);/g)];
  const release = blocks.filter(([, , configuration]) => configuration === 'Release').map(([, body = '']) => body);
  const ofApp = release.filter((body) => /INFOPLIST_FILE = "?App\/Info\.plist"?;/.test(body));
  for (const place of [...ofApp, ...release, settings]) {
    const value = new RegExp(`(?:^|\\s)${name}\\s*=\\s*("[^"]*"|[^;\\n]+)`, 'm').exec(place)?.[1];
    if (value !== undefined) return value.trim().replace(/^"|"$/g, '');
  }
  return undefined;
}
