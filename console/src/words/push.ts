// What became of messages, and whom they were for, in words. Pure.

import type { PushApp } from '@overair/protocol/manage/push';
import type { PushMessageDetail } from '@overair/protocol/manage/push-send';
import type { Tone } from '../ui/page.tsx';
import type { MessageId } from './catalogue/en.ts';
import type { Translate, Values } from './words.tsx';

const PLATFORM_NAMES: Readonly<Record<string, string>> = { ios: 'iOS', android: 'Android', hmos: 'HarmonyOS' };

export const platformName = (platform: string, t: Translate): string =>
  platform === 'web' ? t('push.browsers') : (PLATFORM_NAMES[platform] ?? platform);

const states: Readonly<Record<string, { id: MessageId; tone: Tone }>> = {
  queued: { id: 'push.state.queued', tone: 'neutral' },
  sent: { id: 'push.state.sent', tone: 'good' },
  withdrawn: { id: 'push.state.withdrawn', tone: 'warn' },
  replaced: { id: 'push.state.replaced', tone: 'neutral' },
};

/** A state of a newer server is shown as it is called. */
export function messageState(state: string, t: Translate): { label: string; tone: Tone } {
  const known = states[state];
  return known ? { label: t(known.id), tone: known.tone } : { label: state, tone: 'neutral' };
}

type Counted = Pick<
  PushMessageDetail,
  'state' | 'targets' | 'sent' | 'delivered' | 'impressions' | 'clicks' | 'failed'
>;

/** Did it arrive? */
export function arrivalOf(message: Counted): { tone: Tone; id: MessageId; values: Values } {
  const { state, targets, sent, delivered, failed } = message;
  const values = { targets, sent, delivered, failed };
  if (state === 'withdrawn') return { tone: 'warn', id: 'push.arrival.withdrawn', values };
  if (state === 'replaced') return { tone: 'neutral', id: 'push.arrival.replaced', values };
  if (state === 'queued') return { tone: 'neutral', id: 'push.arrival.underway', values };
  if (sent === 0) return { tone: 'bad', id: 'push.arrival.nobody', values };
  if (failed > 0) return { tone: 'warn', id: 'push.arrival.partly', values };
  return { tone: 'good', id: 'push.arrival.all', values };
}

type Credential = PushApp['credentials'][number];

/** Whether the service takes what this app sends. */
export function credentialState(credential: Credential | undefined): { tone: Tone; id: MessageId; reason: string } {
  if (credential === undefined) return { tone: 'neutral', id: 'push.credential.none', reason: '' };
  const paused = [credential, ...credential.services].find(({ failure }) => failure !== null);
  if (paused) return { tone: 'bad', id: 'push.credential.refused', reason: paused.failure ?? '' };
  const isProven = credential.services.some(({ accepted_at }) => accepted_at !== null);
  return { tone: 'good', id: isProven ? 'push.credential.good' : 'push.credential.unused', reason: '' };
}

const selectors: Readonly<Record<string, MessageId>> = {
  tag: 'push.audience.tag',
  tag_and: 'push.audience.tagAnd',
  tag_not: 'push.audience.tagNot',
  alias: 'push.audience.alias',
  registration_id: 'push.audience.registration',
  segment_id: 'push.audience.segment',
};
const facts: Readonly<Record<string, MessageId>> = {
  running: 'push.audience.running',
  running_not: 'push.audience.runningNot',
  channel: 'push.audience.channel',
  native_version: 'push.audience.native',
};

/** Whom it was for. A selector of a newer server is shown as it is. */
export function audienceSentence(audience: Readonly<Record<string, unknown>>, t: Translate): string {
  if (audience['all'] === true) return t('push.audience.all');
  const { live_update, ...others } = audience;
  const listed = (value: unknown) => (Array.isArray(value) ? value.join(', ') : String(value));
  const say = (names: Readonly<Record<string, MessageId>>, from: object) =>
    Object.entries(from)
      .filter(([, value]) => value !== undefined && value !== null && value !== false)
      .map(([name, value]) => {
        const id = names[name];
        return id ? t(id, { value: listed(value) }) : `${name}: ${JSON.stringify(value)}`;
      });
  const parts = [...say(selectors, others), ...say(facts, (live_update ?? {}) as object)];
  return parts.length === 0 ? t('push.audience.all') : parts.join(' · ');
}
