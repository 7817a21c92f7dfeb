// What became of a release, in sentences.

import type { Release, ReleaseState } from '@overair/protocol/manage/release';
import type { Tone } from '../ui/page.tsx';
import type { MessageId } from './catalogue/en.ts';
import type { Translate } from './words.tsx';

export const stateLabel = {
  running: 'release.state.running',
  stopped: 'release.state.stopped',
  kept: 'release.state.kept',
  replaced: 'release.state.replaced',
  taken_back: 'release.state.takenBack',
} as const satisfies Record<ReleaseState, MessageId>;

export const stateTone = {
  running: 'good',
  stopped: 'bad',
  kept: 'neutral',
  replaced: 'neutral',
  taken_back: 'warn',
} as const satisfies Record<ReleaseState, Tone>;

const acts: Readonly<Record<string, MessageId>> = {
  stop: 'guard.acted.stop',
  take_back: 'guard.acted.takeBack',
  tell: 'guard.acted.tell',
};

/** What the guard did; empty where it did nothing. */
export function actedSentence({ bundle, channel, previous, guard }: Release, t: Translate): string {
  const act = guard?.acted ? acts[guard.acted] : undefined;
  return act === undefined ? '' : t(act, { bundle, channel, previous });
}

/** Who put it there: a person, a key of theirs, or the server. */
export function actorOf(release: Release, t: Translate): string {
  const { actor_user_email: email, actor_apikey_name: key, actor_type } = release;
  if (key !== null && email !== null) return t('actor.key', { key, email });
  return email ?? (actor_type === 'system' ? t('actor.system') : actor_type);
}
