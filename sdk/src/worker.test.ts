// The worker in a scope of its own: what it shows and opens for messages that nobody should have sent.

import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';

type Listener = (event: object) => void;

/** What a browser gives a worker, as far as this one uses it. */
function startWorker() {
  const listeners = new Map<string, Listener>();
  const [opened, shown]: [string[], Record<string, unknown>[]] = [[], []];
  const self = {
    addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
    location: { origin: 'https://site.example', hostname: 'site.example' },
    clients: { matchAll: async () => [], openWindow: async (url: string) => void opened.push(url) },
    registration: { showNotification: async (_title: string, options: object) => void shown.push({ ...options }) },
  };
  const request = () => {
    const asked = { result: undefined, onsuccess: () => {} };
    queueMicrotask(() => asked.onsuccess());
    return asked;
  };
  const store = { get: request };
  const database = { transaction: () => ({ objectStore: () => store }) };
  const indexedDB = {
    open() {
      const opening = { result: database, onsuccess: () => {} };
      queueMicrotask(() => opening.onsuccess());
      return opening;
    },
  };
  const source = stripTypeScriptTypes(readFileSync(new URL('./worker.ts', import.meta.url), 'utf8'));
  new Function('self', 'indexedDB', source)(self, indexedDB);
  const fire = async (type: string, event: object) => {
    let work: Promise<unknown> = Promise.resolve();
    listeners.get(type)?.({ ...event, waitUntil: (promise: Promise<unknown>) => (work = promise) });
    await work;
  };
  return { fire, opened, shown };
}

const click = (data: object, action = '') => ({ action, notification: { close: () => {}, data: { data } } });

const targets: readonly (readonly [url: string, opened: string[]])[] = [
  ['https://example.com/a', ['https://example.com/a']],
  ['/news', ['https://site.example/news']],
  ['javascript:alert(1)', []],
  ['java\nscript:alert(1)', []],
  ['data:text/html,x', []],
  ['file:///etc/passwd', []],
  ['https://', []],
];
test.each(targets)('a click on %j opens %j', async (url, opened) => {
  const worker = startWorker();
  await worker.fire('notificationclick', click({ url }));
  await worker.fire('notificationclick', click({ url: 'https://never.example/', action_urls: { go: url } }, 'go'));
  expect(worker.opened).toEqual([...opened, ...opened]);
});

test('icons and images of other schemes are left out', async () => {
  const { fire, shown } = startWorker();
  const message = { title: 't', body: 'b', icon: 'javascript:1', image: '/i.png', data: {} };
  await fire('push', { data: { json: () => message } });
  expect(shown).toMatchObject([{ body: 'b', image: 'https://site.example/i.png' }]);
  expect(shown[0]).not.toHaveProperty('icon');
});
