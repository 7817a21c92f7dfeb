// /channel_self: a device sets, reads, drops or lists channels (docs/protocol/device.md §8). Newer plugins keep their choice
// themselves and only ask whether they may; the server remembers it for older ones.

import { type DeviceLimits, type DeviceOperation, deviceLimits } from '../../accounts/device-limits.ts';
import { AppError } from '../../errors.ts';
import { tooManyRequests } from '../../rate-limit.ts';
import { removeSelfChannel, storeSelfChannel } from '../../releases/self-channel.ts';
import type { Question } from '../../updates/question.ts';
import type { AppState } from '../../updates/release-state.ts';
import { findDefaultChannel, findOverride } from '../../updates/select-channel.ts';
import type { Parts } from '../../wiring.ts';
import { appUnknown } from './answer.ts';
import { currentChannel, isFollowedInstead, selectableChannels } from './current-channel.ts';
import { cannotParse } from './errors.ts';
import type { RawFields } from './fields.ts';
import { parseBody, type Rules, readQuestion } from './question.ts';
import type { Call } from './route.ts';
import { isStoreMachine, originOf } from './store-machines.ts';
import { logEvent } from './updates.ts';

const bodyRules: Rules = { code: 'invalid_json_body', asks: 'channel' };
const queryRules: Rules = { ...bodyRules, code: 'invalid_query_parameters' };
const listRules: Rules = { ...queryRules, asks: 'list' };

const ok = { status: 'ok' } as const;
const channelNotFound = { error: 'channel_not_found', message: 'Cannot find channel' };
const cannotOverride = {
  error: 'cannot_override',
  message: "Cannot change device override current channel don't allow it",
};

const notStored = { error: 'override_not_allowed', message: 'The channel could not be stored' };

/** Of one kind by one device. */
const CALLS_PER_SECOND = 5;

/**
 * One 429 silences the statistics of these clients until the app is restarted. They hear the same as 503, which is an
 * error of this call alone (docs/protocol/device.md §3.6).
 */
function inPatience({ client }: Question, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!client.latchesOn429 || !(error instanceof AppError) || error.status !== 429) throw error;
    throw new AppError(error.code, 503, error.message, error.detail);
  }
}

interface Asked {
  state: AppState;
  question: Question;
  fields: RawFields;
  /** It is answered like a device, but leaves no trace. */
  isStoreMachine: boolean;
}

type ChannelParts = Pick<Parts, 'snapshots' | 'served' | 'database' | 'config' | 'providers' | 'log' | 'limits'>;

/** The four routes; one for both addresses, because it keeps limits. */
export class ChannelSelf {
  readonly #parts: ChannelParts;
  readonly #limits: DeviceLimits;

  constructor(parts: ChannelParts) {
    this.#parts = parts;
    this.#limits = deviceLimits(parts.limits, 'device-calls', {
      perSecond: CALLS_PER_SECOND,
      perAddressAndMinute: parts.config.channelCallLimit,
    });
  }

  /** Everything the four routes share: read, find the app, limit. Undefined: the app does not exist. */
  async #ask({ ip }: Call, fields: unknown, rules: Rules, operation: DeviceOperation) {
    const question = readQuestion(fields, rules, originOf(ip, this.#parts.providers));
    readChannel(fields as RawFields, rules);
    const state = await this.#parts.snapshots.get(question.app_id);
    if (state === undefined) return undefined;
    const asked = {
      state,
      question,
      fields: fields as RawFields,
      isStoreMachine: isStoreMachine(state, question.provider),
    };
    if (asked.isStoreMachine) this.#parts.served.holdBack(state.app_id, 'store_network', Date.now());
    else inPatience(question, () => this.#limits.check(operation, question, ip, Date.now()));
    return asked;
  }

  #log({ question, isStoreMachine }: Asked, action: string, channel: string): void {
    if (isStoreMachine) return;
    const { app_id, platform } = question;
    const nowMs = Date.now();
    this.#parts.served.count({ app_id, bundle_name: '', channel, platform, action }, nowMs);
    this.#parts.served.log(logEvent(question, action, '', channel, nowMs));
  }

  async set(call: Call): Promise<object> {
    const fields = parseBody(call.body);
    const asked = await this.#ask(call, fields, bodyRules, 'set');
    if (asked === undefined) return refused(fields, appUnknown);
    const name = readChannel(asked.fields, bodyRules);
    if (name === '') return isElectronUnset(asked) ? ok : refused(fields, missingChannel);
    const refusal = whyNot(asked, name);
    if (refusal) return refused(fields, refusal);
    const { storesChannel } = asked.question.client;
    const isSet = storesChannel ? { ...ok, allowSet: true } : ok;
    if (asked.isStoreMachine) return isSet;
    const repeatedUntil = this.#limits.repeatsChannel(asked.question, name, Date.now());
    if (repeatedUntil !== undefined) {
      // No refusal of any kind: a double tap is not worth it.
      if (asked.question.client.latchesOn429) return ok;
      const { app_id, device_id } = asked.question;
      throw tooManyRequests(repeatedUntil, Date.now(), { app_id, device_id });
    }
    if (!storesChannel && !(await this.#couldStore(call, () => this.#remember(asked, name)))) {
      this.#limits.forgetChannel(asked.question, name);
      return refused(fields, notStored);
    }
    this.#log(asked, 'setChannel', name);
    return isSet;
  }

  /** A refusal in the plugin's words reaches the app; a bare 500 would look like a broken connection. */
  async #couldStore({ id }: Call, change: () => Promise<void>): Promise<boolean> {
    try {
      await change();
    } catch (error) {
      this.#parts.log.error({ err: error, reqId: id() }, 'the channel that a device chose could not be stored');
      return false;
    }
    await this.#parts.snapshots.caughtUp();
    return true;
  }

  /** The default channel needs no row: without one the device gets it anyway, and follows when the default changes. */
  async #remember({ state, question }: Asked, name: string): Promise<void> {
    const { app_id, device_id, platform } = question;
    if (findDefaultChannel(state, platform)?.name === name)
      await removeSelfChannel(this.#parts.database.db, app_id, device_id);
    else await storeSelfChannel(this.#parts.database.db, app_id, device_id, name);
  }

  async unset(call: Call): Promise<object> {
    const fields = { ...bodyFields(call.body), ...queryFields(call.query) };
    const asked = await this.#ask(call, fields, queryRules, 'delete');
    if (asked === undefined) return appUnknown;
    const { question, state } = asked;
    if (question.client.storesChannel || asked.isStoreMachine) return ok;
    if (!findOverride(state, question.device_id)?.allow_device_self_set) return cannotOverride;
    const forget = () => removeSelfChannel(this.#parts.database.db, question.app_id, question.device_id);
    return (await this.#couldStore(call, forget)) ? ok : notStored;
  }

  async get(call: Call): Promise<object> {
    const fields = parseBody(call.body);
    const asked = await this.#ask(call, fields, bodyRules, 'get');
    if (asked === undefined) return appUnknown;
    const found = currentChannel(asked.state, asked.question, readChannel(asked.fields, bodyRules));
    if (found === undefined) return channelNotFound;
    this.#log(asked, 'getChannel', found.real);
    return found.answer;
  }

  async list(call: Call): Promise<object> {
    const fields = queryFields(call.query);
    const asked = await this.#ask(call, fields, listRules, 'list');
    if (asked === undefined) return appUnknown;
    const { state, question } = asked;
    if (!question.client.electron) return selectableChannels(state, question);
    if (fields['action'] === 'list') return { channels: selectableChannels(state, question) };
    const found = currentChannel(state, question, readChannel(fields, listRules));
    if (found === undefined) return { ...channelNotFound, ...failedInElectron };
    const { channel, status, allowSet = true } = found.answer;
    return { channel, allow_set: allowSet, status };
  }
}

const missingChannel = { error: 'missing_channel', message: 'Cannot find channel in body' };

function readChannel(fields: RawFields, rules: Rules): string {
  const value = fields['channel'];
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  throw cannotParse(rules.code, [{ message: 'channel must be a string', path: ['channel'], code: 'custom' }]);
}

/** Electron takes an answer without a status for consent, and keeps the channel's name. */
const failedInElectron = { status: 'error' };

function refused(asked: unknown, refusal: object): object {
  const { platform, action } = asked as RawFields;
  return platform === 'electron' && action === 'set' ? { ...refusal, ...failedInElectron } : refusal;
}

const isElectronUnset = ({ question, fields }: Asked): boolean =>
  question.client.electron && fields['action'] === 'unset';

/** Why a device may not set this channel; undefined when it may. */
function whyNot({ state, question }: Asked, name: string): object | undefined {
  const forced = findOverride(state, question.device_id);
  if (!question.client.storesChannel && forced && !forced.allow_device_self_set) return cannotOverride;
  const about = { channel: name, app_id: state.app_id };
  const channel = state.channels.find((each) => each.name === name);
  if (channel === undefined) return { ...channelNotFound, ...about };
  if (isFollowedInstead(state, question, name)) {
    const message = "This channel was the default once: devices that name it follow today's default.";
    return { error: 'channel_self_set_not_allowed', message, ...about };
  }
  if (channel.allow_device_self_set) return undefined;
  if (channel.public) {
    const message = 'This channel is public and does not allow devices to set it. Unset the channel to use it.';
    return { error: 'public_channel_self_set_not_allowed', message, ...about };
  }
  const message = 'This channel does not allow devices to self associate';
  return { error: 'channel_self_set_not_allowed', message, ...about };
}

/** Query values are text; of booleans only the text `true` is true. */
function queryFields(query: unknown): RawFields {
  const fields: Record<string, unknown> = { ...(query as RawFields) };
  for (const name of ['is_emulator', 'is_prod']) {
    if (fields[name] !== undefined) fields[name] = fields[name] === 'true';
  }
  return fields;
}

/** Old plugins send DELETE with a JSON body, the oldest with none at all. */
function bodyFields(body: unknown): RawFields {
  if (typeof body !== 'string' || body.trim() === '') return {};
  const value = parseBody(body);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as RawFields) : {};
}
