// Push for a web page: subscribes the browser, keeps the registration, labels it. The worker beside it shows what arrives.

export interface PushOptions {
  /** Origin of the Overair server, such as `https://push.example.com`. */
  server: string;
  appKey: string;
  /** Where the page serves the worker; a root path gives it the whole site. */
  workerUrl?: string;
  /** The caller's stable id of the user, for the owner's pages. */
  user?: string;
  /** The phone's id in the live-update plugin, so that both sides speak of the same phone. */
  deviceId?: string;
  tags?: string[];
  alias?: string;
}

/** A message as the page gets it while it is open. */
export interface PushMessage {
  title?: string;
  body?: string;
  data: { msg_id: string; url?: string; extras?: Record<string, unknown>; message?: unknown };
}

export interface Labels {
  tags?: { add?: string[]; remove?: string[] } | '';
  alias?: string;
}

export type Authority = 'granted' | 'denied' | 'default' | 'unsupported' | 'install-first';

/** What page and worker share; the worker has no localStorage, so it lives in IndexedDB. */
interface Registration {
  server: string;
  app_key: string;
  registration_id: string;
  device_secret: string;
  vapid_key: string;
  endpoint: string;
  refreshed_at: number;
}

type Handler = (message: PushMessage) => void;

const REFRESH_MS = 86_400_000;
let options: PushOptions | undefined;
const handlers: Record<string, Set<Handler>> = { received: new Set(), displayed: new Set(), clicked: new Set() };

/** Whether this browser may show notifications. iPhones need the site on the home screen first. */
export function getPushAuthority(): Authority {
  if ('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window)
    return Notification.permission;
  const installed = matchMedia('(display-mode: standalone)').matches;
  return /iPhone|iPad/.test(navigator.userAgent) && !installed ? 'install-first' : 'unsupported';
}

/**
 * Subscribes this browser and returns its registration id. Asks for permission when it was not given yet, so call it
 * from a click. Calling it on every page load is right: it only talks to the server once a day or when something changed.
 */
export async function init(given: PushOptions): Promise<string> {
  options = { ...given, server: given.server.replace(/\/+$/, '') };
  const authority = getPushAuthority();
  if (authority === 'unsupported' || authority === 'install-first') throw new Error(`push: ${authority}`);
  const permission = authority === 'granted' ? authority : await Notification.requestPermission();
  if (permission !== 'granted') throw new Error(`push: ${permission}`);
  const config = await ask<{ vapid_public_key: string }>(`/v4/web/config?app_key=${options.appKey}`);
  await navigator.serviceWorker.register(options.workerUrl ?? '/overair-push-worker.js');
  const worker = await navigator.serviceWorker.ready;
  navigator.serviceWorker.addEventListener('message', pass);
  const subscription = await subscribe(worker, config.vapid_public_key);
  return register(subscription, config.vapid_public_key);
}

/** Undefined until `init` has succeeded once in this browser. */
export async function getRegistrationID(): Promise<string | undefined> {
  return (await load())?.registration_id;
}

/** Adds and removes tags, sets the alias; '' as tags clears all. Returns what the registration has now. */
export async function setTagsAlias(labels: Labels): Promise<{ tags: string[]; alias: string }> {
  return ask('/v4/web/tags', { ...(await proof()), ...labels });
}

export const onMsgReceive = (handler: Handler): (() => void) => listen('received', handler);
export const onMsgDisplay = (handler: Handler): (() => void) => listen('displayed', handler);
export const onMsgClick = (handler: Handler): (() => void) => listen('clicked', handler);

/** Leaves for good: a later `init` makes a new registration. */
export async function unSubscribe(): Promise<void> {
  const known = await load();
  if (known) await ask('/v4/web/unregister', await proof());
  const worker = await navigator.serviceWorker.ready;
  await (await worker.pushManager.getSubscription())?.unsubscribe();
  await save(undefined);
}

async function subscribe(worker: ServiceWorkerRegistration, vapidKey: string): Promise<PushSubscription> {
  const key = decode(vapidKey);
  const present = await worker.pushManager.getSubscription();
  const bound = present?.options.applicationServerKey;
  if (present && bound && encode(bound) === encode(key.buffer)) return present;
  // A subscription that is bound to another key can never be reached again.
  await present?.unsubscribe();
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

async function register(subscription: PushSubscription, vapid_key: string): Promise<string> {
  const { server, appKey, user, deviceId, tags, alias } = options!;
  const known = await load();
  const own = known?.app_key === appKey && known.server === server ? known : undefined;
  const fresh = own && own.endpoint === subscription.endpoint && Date.now() - own.refreshed_at < REFRESH_MS;
  if (fresh && !tags && !alias) return own.registration_id;
  const answer = await ask<{ registration_id: string; device_secret: string }>('/v4/web/register', {
    app_key: appKey,
    registration_id: own?.registration_id,
    device_secret: own?.device_secret,
    subscription: subscription.toJSON(),
    vapid_key,
    user_str: user,
    device_id: deviceId,
    tags,
    alias,
    language: navigator.language,
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    permission: Notification.permission,
  });
  const { registration_id, device_secret } = answer;
  const { endpoint } = subscription;
  await save({
    server,
    app_key: appKey,
    registration_id,
    device_secret,
    vapid_key,
    endpoint,
    refreshed_at: Date.now(),
  });
  return registration_id;
}

async function proof(): Promise<object> {
  const known = await load();
  if (!known) throw new Error('push: not registered');
  const { app_key, registration_id, device_secret } = known;
  return { app_key, registration_id, device_secret };
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const server = options?.server ?? (await load())?.server ?? '';
  // Plain text needs no preflight.
  const init = body && { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(body) };
  const answer = await fetch(server + path, init || {});
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error?.message ?? `push: HTTP ${answer.status}`);
  return json;
}

function listen(kind: string, handler: Handler): () => void {
  handlers[kind]!.add(handler);
  return () => handlers[kind]!.delete(handler);
}

function pass({ data }: MessageEvent): void {
  if (data?.overair) for (const handler of handlers[data.overair] ?? []) handler(data.message);
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
}

const encode = (bytes: ArrayBuffer): string => String.fromCharCode(...new Uint8Array(bytes));

function store<T>(mode: IDBTransactionMode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('overair-push', 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('state');
      opening.result.createObjectStore('reports', { autoIncrement: true });
    };
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const request = use(opening.result.transaction('state', mode).objectStore('state'));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    };
  });
}

const load = (): Promise<Registration | undefined> => store('readonly', (state) => state.get('registration'));
const save = (registration: Registration | undefined): Promise<unknown> =>
  store('readwrite', (state) => state.put(registration, 'registration'));
