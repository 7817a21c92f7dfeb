// The pages name every setting that requests may change.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appSettings } from '@overair/protocol/manage/app-settings';
import { channelSettings } from '@overair/protocol/manage/channel-settings';
import { organizationSettings } from '@overair/protocol/manage/organization-settings';
import { listSettings, type Settings, wireName } from '@overair/protocol/manage/setting';
import { expect, it } from 'vitest';

const page = readFileSync(join(import.meta.dirname, 'protocol/management.md'), 'utf8');

/** From its heading to the next. */
function sectionOf(number: string): string {
  const [, text] = page.split(new RegExp(`^#+ ${number.replaceAll('.', '\\.')} .*$`, 'm'));
  return text?.split(/^#+ \d/m)[0] ?? '';
}

it.each<[string, Settings]>([
  ['6.1', appSettings],
  ['6.4', channelSettings],
  ['6.6', organizationSettings],
])('every setting of section %s is in its table', (section, settings) => {
  const text = sectionOf(section);
  const names = listSettings(settings).map(([column, setting]) => wireName(column, setting));
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
