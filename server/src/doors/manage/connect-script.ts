// What runs in the page of GET /connect. Text, because the policy of the page allows exactly these bytes and no file beside it.

export const CONNECT_SCRIPT = `'use strict';
const find = document.getElementById('find');
const decide = document.getElementById('decide');
const field = (id) => document.getElementById(id);
const show = (id, text) => { field(id).textContent = text; };
const DAY_MS = 86400000;
// Right behind a proxy's path prefix too, and with a slash at the end.
const here = location.pathname.replace(/\\/+$/, '');
const root = here.replace(/\\/connect$/, '');
// Copied once the code is found: what is decided is what was shown.
let user_code = '';

async function ask(method, path, body) {
  const headers = { authorization: field('key').value.trim() };
  if (body) headers['content-type'] = 'application/json';
  const answer = await fetch(path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.message);
  return content;
}

/** One deed at a time; what goes wrong is said on the page. */
async function during(form, deed) {
  show('error', '');
  for (const button of form.querySelectorAll('button')) button.disabled = true;
  try {
    await deed();
  } catch (error) {
    show('error', error.message);
  } finally {
    for (const button of form.querySelectorAll('button')) button.disabled = false;
  }
}

function wantedText(request) {
  const apps = request.limited_to_apps.length > 0 ? request.limited_to_apps.join(', ') : 'all apps';
  return field('mode').selectedOptions[0].textContent + '; ' + apps;
}

async function open() {
  const code = field('user_code').value;
  const request = await ask('GET', here + '/request?user_code=' + encodeURIComponent(code));
  const orgs = await ask('GET', root + '/organization');
  user_code = code;
  show('shown_code', code.toUpperCase());
  show('client_name', request.client_name);
  show('client_ip', request.client_ip || 'unknown');
  show('created_at', new Date(request.created_at).toLocaleString());
  field('mode').value = request.mode;
  field('apps').value = request.limited_to_apps.join(', ');
  show('wanted', wantedText(request));
  field('org').replaceChildren(field('org').options[0], ...orgs.map(({ id, name }) => new Option(name, id)));
  find.hidden = true;
  decide.hidden = false;
  field('mode').focus();
}

function choice() {
  const { value: org } = field('org');
  const days = Number(field('days').value);
  return {
    user_code,
    mode: field('mode').value,
    limited_to_apps: field('apps').value.split(/[\\s,]+/).filter(Boolean),
    limited_to_orgs: org ? [org] : [],
    expires_at: days ? new Date(Date.now() + days * DAY_MS).toISOString() : null,
  };
}

function end(sentence) {
  field('key').value = '';
  decide.hidden = true;
  show('done', sentence);
}

find.addEventListener('submit', (event) => {
  event.preventDefault();
  during(find, open);
});
decide.addEventListener('submit', (event) => {
  event.preventDefault();
  during(decide, async () => {
    await ask('POST', here + '/approve', choice());
    end('Approved. You can close this page and go back to your program.');
  });
});
field('deny').addEventListener('click', () => during(decide, async () => {
  await ask('POST', here + '/deny', { user_code });
  end('Denied. The program gets nothing.');
}));
field('user_code').value = new URLSearchParams(location.search).get('user_code') || '';
field(field('user_code').value ? 'key' : 'user_code').focus();
`;
