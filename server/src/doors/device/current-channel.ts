// Which channel a device hears that it is on, and which it may choose (docs/protocol/device.md §8.3, §8.4).

import type { Question } from '../../updates/question.ts';
import type { AppState, Channel } from '../../updates/release-state.ts';
import { asksForDefault, findOverride, selectChannel, selectUnforced } from '../../updates/select-channel.ts';

interface CurrentChannel {
  answer: { channel: string; status: 'override' | 'default'; allowSet?: boolean };
  /** The channel that the device really is on; the answer may name another. */
  real: string;
}

/** `named`: the channel in the request's own field, `''` for none. Undefined: there is no channel to tell of. */
export function currentChannel(state: AppState, question: Question, named: string): CurrentChannel | undefined {
  if (!question.client.storesChannel) return rememberedChannel(state, question);
  const listener = named ? { ...question, defaultChannel: named } : question;
  const found = selectChannel(state, listener);
  if (found === undefined) return undefined;
  const { channel, via } = found;
  const told = via === 'override' && question.client.persistsAnsweredChannel ? tellable(state, listener) : channel;
  if (told === undefined) return undefined;
  if (via === 'public' || (via === 'named' && !named)) return tell(told.name, channel, 'default');
  return tell(told.name, channel, 'override', channel.allow_device_self_set || named !== '');
}

/**
 * A client that keeps the answer would ask for a forced channel long after its release, and a private one is closed to it
 * then: it hears where it would be without the force.
 */
const tellable = (state: AppState, listener: Question): Channel | undefined =>
  selectUnforced(state, listener)?.channel ?? selectUnforced(state, { ...listener, defaultChannel: '' })?.channel;

function tell(channel: string, real: Channel, status: 'override' | 'default', allowSet?: boolean): CurrentChannel {
  return { answer: { channel, status, ...(allowSet !== undefined && { allowSet }) }, real: real.name };
}

function rememberedChannel(state: AppState, question: Question): CurrentChannel | undefined {
  const forced = findOverride(state, question.device_id);
  if (forced) return tell(forced.name, forced, 'override', forced.allow_device_self_set);
  const found = question.defaultChannel
    ? state.channels.find((each) => each.name === question.defaultChannel)
    : state.channels.find((each) => each.public && each[question.platform]);
  return found && tell(found.name, found, 'default');
}

/** A channel that the device would not get under its name is no choice for it. */
export const isFollowedInstead = (state: AppState, question: Question, name: string): boolean =>
  question.client.persistsAnsweredChannel && asksForDefault(state, { ...question, defaultChannel: name });

export function selectableChannels(state: AppState, question: Question) {
  return state.channels
    .filter((each) => each[question.platform])
    .filter((each) => (question.is_emulator ? each.allow_emulator : each.allow_device))
    .filter((each) => (question.is_prod ? each.allow_prod : each.allow_dev))
    .filter((each) => each.public || each.allow_device_self_set)
    .filter((each) => !isFollowedInstead(state, question, each.name))
    .map((each) => ({
      id: each.id,
      name: each.name,
      public: each.public,
      allow_self_set: each.allow_device_self_set,
    }));
}
