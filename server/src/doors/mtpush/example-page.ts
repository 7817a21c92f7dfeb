// A page on which an owner sees that push reaches a browser: `/overair-push-example?app_key=…`.

import { hashOf } from '../../html.ts';

export const EXAMPLE_HTML = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Overair push example</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem }
  button { font: inherit; padding: .5rem 1rem }
  li { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
</style>
<h1>Overair push example</h1>
<p>Subscribe this browser, then send a push to its app. What happens is listed below.</p>
<button id="subscribe">Subscribe</button>
<button id="leave">Leave</button>
<p>Registration: <output id="registration">none</output></p>
<ul id="log"></ul>
<script type="module">
  // Right behind a proxy's path prefix too, and with a slash at the end.
  const server = location.origin + location.pathname.replace(/\\/+$/, '').replace(/\\/overair-push-example$/, '');
  const workerUrl = server + '/overair-push-worker.js';
  const { getPushAuthority, getRegistrationID, init, onMsgClick, onMsgDisplay, onMsgReceive, unSubscribe } = await import(server + '/overair-push.js');

  const appKey = new URLSearchParams(location.search).get('app_key');
  const note = (text) => document.querySelector('#log').append(Object.assign(document.createElement('li'), { textContent: text }));
  const show = (id) => { document.querySelector('#registration').textContent = id ?? 'none' };

  onMsgReceive((message) => note('received ' + message.data.msg_id));
  onMsgDisplay((message) => note('displayed ' + message.title));
  onMsgClick((message) => note('clicked ' + message.data.url));
  document.querySelector('#subscribe').onclick = () => init({ server, appKey, workerUrl }).then(show, (error) => note(error.message));
  document.querySelector('#leave').onclick = () => unSubscribe().then(() => show(), (error) => note(error.message));
  show(await getRegistrationID());
  note('permission: ' + getPushAuthority());
</script>
</html>
`;

const between = (tag: string) => new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`).exec(EXAMPLE_HTML)![1]!;

/** Beside its own bytes the SDK's two files, and the server that they speak to. */
export const examplePolicy = [
  "default-src 'none'",
  `script-src 'self' ${hashOf(between('script'))}`,
  `style-src ${hashOf(between('style'))}`,
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');
