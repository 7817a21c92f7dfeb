// /channel_self: a device sets, reads, drops or lists channels (live-update protocol §8). Newer plugins keep their choice
// themselves and only ask whether they may; the server remembers it for older ones.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DeviceOperation, deviceLimits } from '../../accounts/device-limits.ts';
import { tooManyRequests } from '../../accounts/limits.ts';
import { AppError } from '../../errors.ts';
import { removeSelfChannel, storeSelfChannel } from '../../releases/self-channel.ts';
import { providerOf } from '../../updates/provider-networks.ts';
import type { Question } from '../../updates/question.ts';
import type { AppState, Channel } from '../../updates/release-state.ts';
import { findDefaultChannel, findOverride, selectChannel } from '../../updates/select-channel.ts';
import type { Parts } from '../../wiring.ts';
import { appNotFound } from './answer.ts';
import { cannotParse } from './errors.ts';
import type { Fields } from './fields.ts';
import { parseBody, type Rules, readQuestion } from './question.ts';
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

/** The stores' machines run no phone that a 429 could silence. */
const providerBlocked = () =>
  new AppError('provider_infrastructure_request_blocked', 429, 'Provider infrastructure requests are blocked');

interface Asked {
  state: AppState;
  question: Question;
  fields: Fields;
}

export function channelSelfRoutes({ snapshots, served, database }: Parts) {
  const limits = deviceLimits();

  /** Everything the four routes share: read, find the app, limit. Undefined: the app does not exist. */
  async function ask(request: FastifyRequest, fields: unknown, rules: Rules, operation: DeviceOperation) {
    const question = readQuestion(fields, rules, request.ip);
    readChannel(fields as Fields, rules);
    const state = await snapshots.get(question.app_id);
    if (state === undefined) return undefined;
    if (state.block_provider_infra_requests && providerOf(request.ip)) throw providerBlocked();
    limits.check(operation, question, request.ip, Date.now());
    return { state, question, fields: fields as Fields };
  }

  function log({ question }: Asked, action: string, channel: string): void {
    const { app_id, platform } = question;
    served.count({ app_id, bundle_name: '', channel, platform, action });
    served.log(logEvent(question, action, '', channel, Date.now()));
  }

  async function set(request: FastifyRequest, reply: FastifyReply) {
    const fields = parseBody(request.body);
    const asked = await ask(request, fields, bodyRules, 'set');
    if (asked === undefined) return reply.send(appNotFound);
    const name = readChannel(asked.fields, bodyRules);
    if (name === '') return reply.send(isElectronUnset(asked) ? ok : missingChannel);
    const refusal = whyNot(asked, name);
    if (refusal) return reply.send(refusal);
    const repeatedUntil = limits.repeatsChannel(asked.question, name, Date.now());
    if (repeatedUntil !== undefined) {
      // One 429 would silence the statistics of these clients until the app is restarted: a double tap is not worth that.
      if (asked.question.client.latchesOn429) return reply.send(ok);
      const { app_id, device_id } = asked.question;
      throw tooManyRequests(repeatedUntil, Date.now(), { app_id, device_id });
    }
    const { storesChannel } = asked.question.client;
    if (!storesChannel && !(await couldStore(request, () => remember(asked, name)))) {
      limits.forgetChannel(asked.question, name);
      return reply.send(notStored);
    }
    log(asked, 'setChannel', name);
    return reply.send(storesChannel ? { ...ok, allowSet: true } : ok);
  }

  /** A refusal in the plugin's words reaches the app; a bare 500 would look like a broken connection. */
  async function couldStore(request: FastifyRequest, change: () => Promise<void>): Promise<boolean> {
    try {
      await change();
    } catch (error) {
      request.log.error({ err: error, reqId: request.id }, 'the channel that a device chose could not be stored');
      return false;
    }
    await snapshots.caughtUp();
    return true;
  }

  /** The default channel needs no row: without one the device gets it anyway, and follows when the default changes. */
  async function remember({ state, question }: Asked, name: string): Promise<void> {
    const { app_id, device_id, platform } = question;
    if (findDefaultChannel(state, platform)?.name === name) await removeSelfChannel(database.db, app_id, device_id);
    else await storeSelfChannel(database.db, app_id, device_id, name);
  }

  async function unset(request: FastifyRequest, reply: FastifyReply) {
    const fields = { ...bodyFields(request.body), ...queryFields(request.query) };
    const asked = await ask(request, fields, queryRules, 'delete');
    if (asked === undefined) return reply.send(appNotFound);
    const { question, state } = asked;
    if (question.client.storesChannel) return reply.send(ok);
    if (!findOverride(state, question.device_id)?.allow_device_self_set) return reply.send(cannotOverride);
    const forget = () => removeSelfChannel(database.db, question.app_id, question.device_id);
    return reply.send((await couldStore(request, forget)) ? ok : notStored);
  }

  async function get(request: FastifyRequest, reply: FastifyReply) {
    const fields = parseBody(request.body);
    const asked = await ask(request, fields, bodyRules, 'get');
    if (asked === undefined) return reply.send(appNotFound);
    const found = currentChannel(asked);
    if (found === undefined) return reply.send(channelNotFound);
    log(asked, 'getChannel', found.channel);
    return reply.send(found);
  }

  async function list(request: FastifyRequest, reply: FastifyReply) {
    const fields = queryFields(request.query);
    const asked = await ask(request, fields, listRules, 'list');
    if (asked === undefined) return reply.send(appNotFound);
    const { question } = asked;
    if (!question.client.electron) return reply.send(selectableChannels(asked));
    if (fields['action'] === 'list') return reply.send({ channels: selectableChannels(asked) });
    const found = currentChannel(asked);
    if (found === undefined) return reply.send(channelNotFound);
    return reply.send({ channel: found.channel, allow_set: found.allowSet ?? true, status: found.status });
  }

  return { set, unset, get, list };
}

const missingChannel = { error: 'missing_channel', message: 'Cannot find channel in body' };

function readChannel(fields: Fields, rules: Rules): string {
  const value = fields['channel'];
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  throw cannotParse(rules.code, [{ message: 'channel must be a string', path: ['channel'], code: 'custom' }]);
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
  if (channel.allow_device_self_set) return undefined;
  if (channel.public) {
    const message = 'This channel is public and does not allow devices to set it. Unset the channel to use it.';
    return { error: 'public_channel_self_set_not_allowed', message, ...about };
  }
  const message = 'This channel does not allow devices to self associate';
  return { error: 'channel_self_set_not_allowed', message, ...about };
}

interface CurrentChannel {
  channel: string;
  status: 'override' | 'default';
  allowSet?: boolean;
}

/**
 * The channel that the device is on. Newer plugins store the answer and send it for ever, so it must be the one that the
 * next update check would really use.
 */
function currentChannel(asked: Asked): CurrentChannel | undefined {
  const { state, question, fields } = asked;
  if (!question.client.storesChannel) return rememberedChannel(asked);
  const named = typeof fields['channel'] === 'string' ? fields['channel'] : '';
  const found = selectChannel(state, named ? { ...question, defaultChannel: named } : question);
  if (found === undefined) return undefined;
  const { channel, via } = found;
  if (via === 'override' || named)
    return { channel: channel.name, status: 'override', allowSet: canSet(channel, named) };
  return { channel: channel.name, status: 'default' };
}

const canSet = (channel: Channel, named: string): boolean => channel.allow_device_self_set || named !== '';

function rememberedChannel({ state, question }: Asked): CurrentChannel | undefined {
  const forced = findOverride(state, question.device_id);
  if (forced) return { channel: forced.name, status: 'override', allowSet: forced.allow_device_self_set };
  const found = question.defaultChannel
    ? state.channels.find((each) => each.name === question.defaultChannel)
    : state.channels.find((each) => each.public && each[question.platform]);
  return found && { channel: found.name, status: 'default' };
}

function selectableChannels({ state, question }: Asked) {
  return state.channels
    .filter((each) => each[question.platform])
    .filter((each) => (question.is_emulator ? each.allow_emulator : each.allow_device))
    .filter((each) => (question.is_prod ? each.allow_prod : each.allow_dev))
    .filter((each) => each.public || each.allow_device_self_set)
    .map((each) => ({
      id: each.id,
      name: each.name,
      public: each.public,
      allow_self_set: each.allow_device_self_set,
    }));
}

/** Query values are text; of booleans only the text `true` is true. */
function queryFields(query: unknown): Fields {
  const fields: Record<string, unknown> = { ...(query as Fields) };
  for (const name of ['is_emulator', 'is_prod']) {
    if (fields[name] !== undefined) fields[name] = fields[name] === 'true';
  }
  return fields;
}

/** Old plugins send DELETE with a JSON body, the oldest with none at all. */
function bodyFields(body: unknown): Fields {
  if (typeof body !== 'string' || body.trim() === '') return {};
  const value = parseBody(body);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
