// An owner's calls that push tests need: apps, credentials, groups, over HTTP with the first key.

export class Owner {
  readonly #url: string;
  readonly #key: string;

  constructor(url: string, key: string) {
    this.#url = url;
    this.#key = key;
  }

  /** An app that can push to browsers; `ca` is that of the push service. */
  async createPushApp(app_id: string, ca: string): Promise<{ app_key: string; authorization: string }> {
    await this.manage('POST', '/app', { app_id, name: 'Sample', owner_org: await this.orgId() });
    const { app_key, master_secret } = await this.manage('POST', '/push/app', { app_id });
    const credential = { subject: 'mailto:owner@example.com', hosts: ['localhost'], ca };
    await this.manage('PUT', '/push/credential', { app_id, channel: 'webpush', credential });
    return { app_key, authorization: basic(app_key, master_secret) };
  }

  async createGroup(app_ids: readonly string[]): Promise<{ authorization: string }> {
    const orgId = await this.orgId();
    const { group_key, group_secret } = await this.manage('POST', '/push/group', { orgId, name: 'Everybody', app_ids });
    return { authorization: basic(`group-${group_key}`, group_secret) };
  }

  async orgId(): Promise<string> {
    const [org] = await this.manage('GET', '/organization');
    return org.id;
  }

  manage(method: string, path: string, body?: object) {
    return this.#call(method, path, this.#key, body);
  }

  push(method: string, path: string, authorization: string, body?: object) {
    return this.#call(method, path, authorization, body);
  }

  // biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, field by field
  async #call(method: string, path: string, authorization: string, body?: object): Promise<any> {
    const headers = { authorization, 'content-type': 'application/json' };
    const answer = await fetch(this.#url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
