// /device: reading devices, forcing one onto a channel, letting it go.

import { ClearDevice, DeviceOrList, ListDevices, SetDevice } from '@overair/protocol/manage/device';
import { Ok } from '@overair/protocol/manage/formats';
import { type Caller, nameOfCaller } from '../../accounts/caller.ts';
import { type DeviceLimits, type DeviceOperation, deviceLimits } from '../../accounts/device-limits.ts';
import { allows, findGrant, may } from '../../accounts/permissions.ts';
import type { Config } from '../../config.ts';
import { equalColumns, findDevice, listDevices } from '../../devices/list.ts';
import { AppError } from '../../errors.ts';
import { type RateLimits, tooManyRequests } from '../../rate-limit.ts';
import { findChannel } from '../../releases/channels.ts';
import { cannotAccessApp } from '../../releases/errors.ts';
import { channelNotFound, clearOverride, setOverride } from '../../releases/overrides.ts';
import { invalidBody } from './input.ts';
import { type AddRoute, ok } from './route.ts';

const onApp = ({ app_id }: { app_id: string }) => ({ app_id });

interface DeviceRouteParts {
  config: Pick<Config, 'deviceRateLimit' | 'channelCallLimit'>;
  limits: RateLimits;
}

export function deviceRoutes(add: AddRoute, { config, limits: rateLimits }: DeviceRouteParts): void {
  const limits = deviceLimits(rateLimits, 'managed-device-calls', {
    perSecond: config.deviceRateLimit,
    perAddressAndMinute: config.channelCallLimit,
  });
  readRoute(add, limits);
  setRoute(add, limits);
  clearRoute(add, limits);
}

interface Named {
  app_id: string;
  device_id?: string;
}

const count =
  (limits: DeviceLimits, operation: DeviceOperation) =>
  ({ app_id, device_id = '' }: Named, caller: Caller, ip: string) =>
    limits.check(operation, { app_id, device_id, askedBy: nameOfCaller(caller) }, ip, Date.now());

function readRoute(add: AddRoute, limits: DeviceLimits): void {
  add({
    method: 'GET',
    url: '/device',
    summary: 'One device by id, or a page of an app’s devices',
    auth: 'key',
    input: ListDevices,
    spend: count(limits, 'get'),
    skipsLateChecks: ({ device_id }) => Boolean(device_id),
    needs: { permission: 'app.read_devices', on: onApp, refuse: cannotAccessApp },
    answer: DeviceOrList,
    async run({ db, input }) {
      const { app_id, device_id, customIdMode, updated_at, order, cursor, limit = 50, version, channel } = input;
      const { failing, unheard_days, total } = input;
      const equal = filtersOf(input);
      if (device_id) {
        refuseFilters({ version, channel, failing, unheard_days, ...equal });
        const device = await findDevice(db, app_id, device_id);
        if (!device) throw new AppError('device_not_found', 404, 'Cannot find device', { device_id });
        return device;
      }
      return listDevices(db, {
        app_id,
        limit,
        hasCustomId: customIdMode === true,
        ...(version !== undefined && { version }),
        ...(channel !== undefined && { channel }),
        ...(failing !== undefined && { failing }),
        ...(unheard_days !== undefined && { unheardDays: unheard_days }),
        ...(total && { withTotal: true }),
        equal,
        ...(updated_at && { updatedAfter: exactDate(updated_at) }),
        ...(order && { order }),
        ...(cursor && { cursor }),
      });
    },
  });
}

function setRoute(add: AddRoute, limits: DeviceLimits): void {
  add({
    method: 'POST',
    url: '/device',
    summary: 'Force a device onto a private channel',
    auth: 'key',
    reads: 'json',
    input: SetDevice,
    spend(input, caller, ip) {
      count(limits, 'set')(input, caller, ip);
      if (!input.channel) return;
      const { app_id, device_id, channel } = input;
      const now = Date.now();
      const repeatedUntil = limits.repeatsChannel({ app_id, device_id, askedBy: nameOfCaller(caller) }, channel, now);
      if (repeatedUntil !== undefined) throw tooManyRequests(repeatedUntil, now, { app_id, device_id });
    },
    answer: Ok,
    async run({ db, caller, actor, input: { app_id, device_id, channel, version_id } }) {
      if (version_id) {
        throw new AppError('invalid_version_id', 400, 'Cannot set version to device, use channel instead');
      }
      if (!channel) {
        if (!(await may(db, caller, 'app.manage_devices', { app_id }))) throw cannotAccessApp({ app_id });
        return ok;
      }
      const grant = await findGrant(db, caller, { app_id });
      const found = grant && (await findChannel(db, app_id, channel));
      if (!found || !allows(grant, 'channel.read', found.id)) throw channelNotFound(channel);
      await setOverride(db, actor, grant, { app_id, device_id, channel });
      return ok;
    },
  });
}

function clearRoute(add: AddRoute, limits: DeviceLimits): void {
  add({
    method: 'DELETE',
    url: '/device',
    summary: 'Remove the override of a device; the device stays known',
    auth: 'key',
    input: ClearDevice,
    spend: count(limits, 'delete'),
    needs: { permission: 'app.manage_devices', on: onApp, refuse: cannotAccessApp },
    answer: Ok,
    async run({ db, actor, input: { app_id, device_id } }) {
      await clearOverride(db, actor, app_id, device_id);
      return ok;
    },
  });
}

const filtersOf = (input: ListDevices) =>
  Object.fromEntries(
    equalColumns.map((name) => [name, input[name]] as const).filter(([, value]) => value !== undefined),
  );

/** The contract answers the device whatever else stands in the query; a filter would promise something else. */
function refuseFilters(filters: Record<string, unknown>): void {
  const name = Object.keys(filters).find((each) => filters[each] !== undefined);
  if (name === undefined) return;
  throw invalidBody({ code: 'excluded', path: [name], message: `${name} filters a list, device_id names one device` });
}

const isoUtc = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d{1,3})?Z| (\d\d:\d\d:\d\d))$/;

/** Two notations of UTC, and only days that exist: JavaScript would turn 31 February into March. */
function exactDate(text: string): Date {
  const [, day, time, fraction = '', plainTime] = isoUtc.exec(text) ?? [];
  const date = new Date(`${day}T${time ?? plainTime}${fraction}Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(day!)) {
    throw new AppError('invalid_updated_at', 400, 'updated_at must be a valid ISO date');
  }
  return date;
}
