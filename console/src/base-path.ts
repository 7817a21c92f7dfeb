// Where the console lies: the server may stand below a path of its host, and proxies may hide that from it.

// Not in one expression: Vite would take it for a file to pack.
const here = import.meta.url;
/** `/ui`, or `/live/ui` below a prefix. */
export const consolePath = new URL('..', here).pathname.replace(/\/$/, '');
/** Where the API answers, without a trailing slash. */
export const serverUrl = new URL('../..', here).href.replace(/\/$/, '');
