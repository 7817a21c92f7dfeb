// Push for the page inside a phone's app: registers the native token, keeps the registration, and tells the server what arrived.

export interface PhoneOptions {
  /** Origin of the Overair server, such as `https://push.example.com`. */
  server: string;
  appKey: string;
  platform: 'android' | 'ios';
  /** The token of the phone's own push service. */
  token: string;
  /** `fcm` for an iPhone whose token is Firebase's; the platform's own service unless told. */
  channel?: 'fcm' | 'apns';
  /** The phone's id in the live-update plugin: by it a new token finds the registration from before. */
  deviceId?: string;
  tags?: string[];
  alias?: string;
}

interface Registration {
  server: string;
  app_key: string;
  registration_id: string;
  device_secret: string;
}

interface Answer {
  registration_id: string;
  device_secret: string;
  error?: { message: string };
}

interface WaitingReport {
  msg_id: string;
  events: { type: ReportType; itime: number }[];
}

export type ReportType = 'received' | 'displayed' | 'clicked';

const REGISTRATION = 'overair-push';
const REPORTS = 'overair-push-reports';
/** Reports kept while the phone is offline; older ones are dropped. */
const MAX_WAITING = 100;

/** Call it with every token that the phone's push service hands out. Returns the registration id. */
export async function registerPhone(options: PhoneOptions): Promise<string> {
  const { platform, token, deviceId, tags, alias, appKey } = options;
  const server = options.server.replace(/\/+$/, '');
  const known = load<Registration>(REGISTRATION);
  const own = known?.server === server && known.app_key === appKey ? known : undefined;
  const answer = await post(server, '/v4/app/register', {
    app_key: appKey,
    platform,
    channel: options.channel ?? (platform === 'ios' ? 'apns' : 'fcm'),
    token,
    device_id: deviceId,
    registration_id: own?.registration_id,
    device_secret: own?.device_secret,
    tags,
    alias,
    language: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  });
  const json = (await answer.json()) as Answer;
  if (!answer.ok) throw new Error(json.error?.message ?? `push: HTTP ${answer.status}`);
  const { registration_id, device_secret } = json;
  save(REGISTRATION, { server, app_key: appKey, registration_id, device_secret } satisfies Registration);
  return registration_id;
}

/**
 * Tells the server what became of a message, by the data that came with it. Each kind counts once, and a click implies
 * the others. What cannot be sent now goes with the next report. False when the data is of no message of this app.
 */
export async function reportPush(data: Record<string, unknown>, type: ReportType): Promise<boolean> {
  const known = load<Registration>(REGISTRATION);
  const { msg_id, app_key } = data;
  if (!known || typeof msg_id !== 'string' || app_key !== known.app_key) return false;
  const report: WaitingReport = { msg_id, events: [{ type, itime: Math.floor(Date.now() / 1000) }] };
  const waiting = [...(load<WaitingReport[]>(REPORTS) ?? []), report].slice(-MAX_WAITING);
  save(REPORTS, waiting);
  const { server, ...proof } = known;
  for (const each of waiting) {
    const answer = await post(server, '/v4/app/report', { ...proof, ...each }).catch(() => undefined);
    if (!answer || answer.status >= 500) break;
    // One that was refused will not be accepted later either.
    const left = (load<WaitingReport[]>(REPORTS) ?? []).filter((other) => !isSame(other, each));
    save(REPORTS, left);
  }
  return true;
}

const isSame = (one: WaitingReport, other: WaitingReport): boolean => JSON.stringify(one) === JSON.stringify(other);

function post(server: string, path: string, body: object): Promise<Response> {
  // Plain text needs no preflight.
  const headers = { 'content-type': 'text/plain' };
  return fetch(server + path, { method: 'POST', headers, body: JSON.stringify(body), keepalive: true });
}

function load<T>(name: string): T | undefined {
  const text = localStorage.getItem(name);
  return text ? JSON.parse(text) : undefined;
}

const save = (name: string, value: object): void => localStorage.setItem(name, JSON.stringify(value));
