// What the console says about pushes, keys, the audit log and safety, and the requests and commands that it makes.

import { setupI18n } from '@lingui/core';
import { compileMessage } from '@lingui/message-utils/compileMessage';
import type { ApiKey } from '@overair/protocol/manage/apikey';
import type { AuditEntry } from '@overair/protocol/manage/audit';
import type { Member } from '@overair/protocol/manage/member';
import type { OrganizationSettings } from '@overair/protocol/manage/organization';
import { describe, expect, test } from 'vitest';
import { audienceOf, EMPTY_DRAFT, requestOf } from '../pages/push-compose/draft.ts';
import { changesOf, entrySentence } from './audit.ts';
import { messages as en } from './catalogue/en.ts';
import { keyRights, keyState, reaches } from './key-limits.ts';
import { pageCommand } from './page-command.ts';
import { arrivalOf, audienceSentence } from './push.ts';
import { safetyOf } from './safety.ts';
import type { MessageId, Values } from './words.tsx';

const i18n = setupI18n({ locale: 'en', messages: { en } });
i18n.setMessagesCompiler(compileMessage);
const t = (id: MessageId, values?: Values) => i18n._(id, values);

describe('did it arrive?', () => {
  const counts = { state: 'sent', targets: 6, sent: 6, delivered: 4, impressions: 4, clicks: 2, failed: 0 };
  test.each([
    [counts, 'good: Sent to all 6 devices that it was for.'],
    [{ ...counts, sent: 5, failed: 1 }, 'warn: Sent to 5 devices of 6; 1 failed.'],
    [{ ...counts, sent: 0, failed: 6 }, 'bad: No service took it for any of 6 devices.'],
    [{ ...counts, state: 'queued', sent: 2 }, 'neutral: It is on its way: 2 of 6 are sent.'],
    [{ ...counts, state: 'withdrawn', sent: 1 }, 'warn: It was withdrawn after 1 device.'],
  ])('%#', (each, sentence) => {
    const { tone, id, values } = arrivalOf(each);
    expect(`${tone}: ${t(id, values)}`).toBe(sentence);
  });
  test('an audience is a sentence, and a selector of a newer server is not hidden', () => {
    expect(audienceSentence({ all: true }, t)).toBe('everybody');
    expect(audienceSentence({ all: false, tag: ['gold', 'new'], live_update: { running: ['1.4.0'] } }, t)).toBe(
      'with a tag of: gold, new · running 1.4.0',
    );
    expect(audienceSentence({ moon: 'full' }, t)).toBe('moon: "full"');
  });
});

describe('what somebody writes', () => {
  test('nobody named is no audience: a request for everybody must be meant', () => {
    expect(audienceOf({ who: 'all', names: '' })).toBe('all');
    expect(audienceOf({ who: 'tag', names: ' , ' })).toBeUndefined();
    expect(audienceOf({ who: 'tag', names: 'gold, new' })).toEqual({ tag: ['gold', 'new'] });
    expect(audienceOf({ who: 'channel', names: 'beta' })).toEqual({ live_update: { channel: ['beta'] } });
    expect(audienceOf({ who: 'segment', names: 's1' })).toEqual({ seg: { id: 's1' } });
  });
  test('title, link and languages stand where each platform reads them', () => {
    const translations = [
      { language: 'de', title: 'Heute', text: 'Halber Preis' },
      { language: 'fr', title: '', text: ' ' },
    ];
    const draft = { ...EMPTY_DRAFT, title: 'Today', text: 'Half price', url: 'https://e.x/', translations };
    expect(requestOf(draft, 'all', 'cid-1')).toEqual({
      to: 'all',
      body: {
        platform: 'all',
        notification: {
          alert: 'Half price',
          android: { title: 'Today' },
          ios: { alert: { title: 'Today', body: 'Half price' } },
          web: { title: 'Today', url: 'https://e.x/' },
        },
        options: { multi_language: { de: { content: 'Halber Preis', title: 'Heute' } }, cid: 'cid-1' },
      },
    });
    expect(requestOf({ ...EMPTY_DRAFT, text: 'Plain' }, 'all')).toEqual({
      to: 'all',
      body: { platform: 'all', notification: { alert: 'Plain' } },
    });
  });
});

const now = Date.parse('2026-11-27T10:00:00.000Z');
const key = {
  mode: 'upload',
  bindings: null,
  limited_to_apps: ['com.example.app'],
  limited_to_orgs: ['o1'],
  limited_to_channels: [],
  expires_at: null,
} as unknown as ApiKey;

test('a key in words: what it may, where, until when, and whose page it stands on', () => {
  expect(keyRights(key, t)).toBe('upload bundles and release them; only in com.example.app');
  expect(keyState(key, now).id).toBe('keys.forEver');
  expect(keyState({ expires_at: '2026-11-27T09:00:00.000Z' }, now)).toMatchObject({ tone: 'bad' });
  expect(keyState({ expires_at: '2026-11-29T09:00:00.000Z' }, now)).toMatchObject({ tone: 'warn' });
  expect(keyState({ expires_at: '2027-11-29T09:00:00.000Z' }, now)).toMatchObject({ tone: 'good' });
  expect([reaches(key, 'o1'), reaches(key, 'o2'), reaches({ ...key, limited_to_orgs: [] }, 'o2')]).toEqual([
    true,
    false,
    true,
  ]);
});

test('an entry of the audit log: a sentence, and the fields that changed, those of objects one by one', () => {
  const entry = {
    table_name: 'channels',
    operation: 'UPDATE',
    record_id: '7',
    old_record: { name: 'production', ios: true, guard: { e: 1, acted: null } },
    new_record: { name: 'production', ios: false, guard: { e: 9, acted: null } },
    changed_fields: ['ios', 'guard'],
  } as unknown as AuditEntry;
  expect(entrySentence(entry, t)).toBe('Channel changed: production');
  expect(changesOf(entry)).toEqual([
    { field: 'ios', before: 'true', after: 'false' },
    { field: 'guard.e', before: '1', after: '9' },
  ]);
  expect(entrySentence({ ...entry, table_name: 'moons', operation: 'WANE' }, t)).toBe('WANE moons: production');
});

test('what could be safer', () => {
  const settings = { id: 'o1', enforcing_2fa: false } as OrganizationSettings;
  const people = [{ role: 'super_admin' }, { role: 'read' }] as Member[];
  const strong = { ...key, mode: 'all', limited_to_apps: [] } as ApiKey;
  expect(safetyOf(settings, people, [strong]).map(({ id }) => id)).toEqual([
    'security.weak.oneFactor',
    'security.weak.keys',
    'security.weak.oneOwner',
  ]);
  expect(safetyOf({ ...settings, enforcing_2fa: true }, people.slice(0, 1), [key])).toEqual([]);
});

test.each([
  ['/app/com.example.app/devices/d-1', 'overair devices explain d-1 com.example.app'],
  ['/app/com.example.app/channels/my%20channel', "overair channel show 'my channel' com.example.app"],
  ['/org/o1/members', 'overair organization members --org o1'],
  ['/', 'overair attention'],
  ['/account', undefined],
])('the command of %s', (path, command) => expect(pageCommand(path)).toBe(command));
