// The service worker: shows what arrives, opens what is clicked, tells the server, and renews a subscription that ended.
// It has no fetch handler, so it can be imported into a worker that caches a site.

interface Action {
  action: string;
  title: string;
  icon?: string;
}

interface Message {
  title?: string;
  body?: string;
  icon?: string;
  image?: string;
  tag?: string;
  actions?: Action[];
  data: {
    msg_id?: string;
    /** 1 is shown, 2 is passed on to open pages. */
    ntf_or_msg?: number;
    url?: string;
    action_urls?: Record<string, string>;
    extras?: Record<string, unknown>;
    message?: { msg_content?: unknown; title?: string };
    report?: string;
  };
}

interface Registration {
  server: string;
  app_key: string;
  registration_id: string;
  device_secret: string;
  vapid_key: string;
  endpoint: string;
  refreshed_at: number;
}

interface WaitingReport {
  url: string;
  body: string;
}

type ReportType = 'received' | 'displayed' | 'clicked' | 'closed';

const worker = self as unknown as ServiceWorkerGlobalScope;
const PASS_ON = 2;

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener('push', (event) => event.waitUntil(receive(read(event.data))));
worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data as Message, event.action));
});
worker.addEventListener('notificationclose', (event) => {
  event.waitUntil(report(event.notification.data as Message, ['closed']));
});
worker.addEventListener('pushsubscriptionchange', (event) => (event as ExtendableEvent).waitUntil(renew()));

function read(data: PushMessageData | null): Message {
  try {
    return data!.json() as Message;
  } catch {
    return { body: data?.text() ?? '', data: {} };
  }
}

async function receive(message: Message): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const silent = message.data.ntf_or_msg === PASS_ON && pages.length > 0;
  tell(pages, 'received', message);
  if (!silent) {
    // Browsers take the permission away from sites that are pushed to and show nothing.
    await worker.registration.showNotification(titleOf(message), optionsOf(message));
    tell(pages, 'displayed', message);
  }
  await report(message, silent ? ['received'] : ['received', 'displayed']);
}

const titleOf = ({ title, data }: Message): string => title ?? data.message?.title ?? worker.location.hostname;

function optionsOf(message: Message): NotificationOptions {
  const { body, icon, image, tag, actions, data } = message;
  const content = data.message?.msg_content;
  const shown = {
    body: body ?? (typeof content === 'string' ? content : ''),
    icon: safe(icon),
    image: safe(image),
    tag,
    actions: actions?.map((each) => ({ ...each, icon: safe(each.icon) })),
    data: message,
  };
  return JSON.parse(JSON.stringify(shown));
}

async function open(message: Message, action: string): Promise<void> {
  const { url, action_urls } = message.data;
  const target = safe(action_urls?.[action] ?? url ?? '/');
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  tell(pages, 'clicked', message);
  const told = report(message, ['clicked'], action);
  if (target) {
    const page = pages.find((each) => each.url === target);
    await (page ? page.focus() : worker.clients.openWindow(target)).catch(() => undefined);
  }
  await told;
}

/** As an absolute URL; undefined for every scheme but http and https, whoever sent it. */
function safe(url: string | undefined): string | undefined {
  if (!url || !URL.canParse(url, worker.location.origin)) return undefined;
  const { protocol, href } = new URL(url, worker.location.origin);
  return /^https?:$/.test(protocol) ? href : undefined;
}

function tell(pages: readonly Client[], overair: string, message: Message): void {
  for (const page of pages) page.postMessage({ overair, message });
}

/** Signed with the device's secret. What cannot be sent now goes with the next report. */
async function report(message: Message, types: ReportType[], action = ''): Promise<void> {
  const known = await request<Registration | undefined>('state', 'readonly', (store) => store.get('registration'));
  const { msg_id, report: url } = message.data;
  if (!known || !msg_id || !url) return;
  const { app_key, registration_id, device_secret } = known;
  const itime = Math.floor(Date.now() / 1000);
  const events = types.map((type) => ({ type, itime, action }));
  const sig = await hmac(device_secret, [app_key, registration_id, msg_id, JSON.stringify(events)].join('\n'));
  const body = JSON.stringify({ app_key, registration_id, msg_id, events, sig });
  await request('reports', 'readwrite', (store) => store.add({ url, body } satisfies WaitingReport));
  await flush();
}

async function flush(): Promise<void> {
  const keys = await request<IDBValidKey[]>('reports', 'readonly', (store) => store.getAllKeys());
  for (const key of keys.slice(-100)) {
    const waiting = await request<WaitingReport | undefined>('reports', 'readonly', (store) => store.get(key));
    if (!waiting) continue;
    const answer = await fetch(waiting.url, { method: 'POST', keepalive: true, body: waiting.body }).catch(
      () => undefined,
    );
    // A report that was refused will not be accepted later either.
    if (answer && answer.status < 500) await request('reports', 'readwrite', (store) => store.delete(key));
  }
}

async function renew(): Promise<void> {
  const known = await request<Registration | undefined>('state', 'readonly', (store) => store.get('registration'));
  if (!known) return;
  const { server, app_key, registration_id, device_secret, vapid_key } = known;
  const subscription = await worker.registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: vapid_key,
  });
  const body = { app_key, registration_id, device_secret, vapid_key, subscription: subscription.toJSON() };
  const answer = await fetch(`${server}/v4/web/register`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) return;
  const { registration_id: id, device_secret: secret } = await answer.json();
  const next = { ...known, registration_id: id, device_secret: secret, endpoint: subscription.endpoint };
  await request('state', 'readwrite', (store) => store.put({ ...next, refreshed_at: Date.now() }, 'registration'));
}

async function hmac(secret: string, text: string): Promise<string> {
  const bytes = new TextEncoder();
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes.encode(secret), algorithm, false, ['sign']);
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes.encode(text)));
  return [...signature].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function request<T>(
  name: 'state' | 'reports',
  mode: IDBTransactionMode,
  use: (store: IDBObjectStore) => IDBRequest,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('overair-push', 1);
    opening.onupgradeneeded = () => {
      opening.result.createObjectStore('state');
      opening.result.createObjectStore('reports', { autoIncrement: true });
    };
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const asked = use(opening.result.transaction(name, mode).objectStore(name));
      asked.onsuccess = () => resolve(asked.result as T);
      asked.onerror = () => reject(asked.error);
    };
  });
}
