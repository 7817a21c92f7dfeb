// A device as the demo plays it: the protocol of the updater plugin 8.51, without a phone around it.

import { createHash } from 'node:crypto';

const platforms = ['android', 'ios'] as const;

export class Device {
  /** The bundle that it runs. */
  version = '1.0.0';
  readonly #appId: string;
  readonly #n: number;
  readonly #defaultChannel: string;

  constructor(appId: string, n: number, defaultChannel: string) {
    this.#appId = appId;
    this.#n = n;
    this.#defaultChannel = defaultChannel;
  }

  /** The app comes to the foreground. Returns how many bytes were downloaded and how many events were acknowledged. */
  async wakeUp(server: string): Promise<{ downloaded: number; reported: number }> {
    const answer = await post(`${server}/updates`, this.#facts());
    if (typeof answer['url'] !== 'string' || typeof answer['version'] !== 'string') {
      return { downloaded: 0, reported: await this.#report(server, ['app_moved_to_foreground']) };
    }
    const bytes = Buffer.from(await (await fetch(answer['url'])).arrayBuffer());
    const digest = createHash('sha256').update(bytes).digest('hex');
    if (digest !== answer['checksum'])
      return { downloaded: 0, reported: await this.#report(server, ['checksum_fail']) };
    this.version = answer['version'];
    const reported = await this.#report(server, ['download_complete', 'set', 'app_launch_ready']);
    return { downloaded: bytes.length, reported };
  }

  async #report(server: string, actions: string[]): Promise<number> {
    const events = actions.map((action, n) => ({ ...this.#facts(), action, timestamp: Date.now() + n }));
    const { results } = await post(`${server}/stats`, events);
    return (results as { status: string }[]).filter(({ status }) => status === 'ok').length;
  }

  #facts() {
    return {
      app_id: this.#appId,
      device_id: `00000000-0000-4000-8000-${String(this.#n).padStart(12, '0')}`,
      platform: platforms[this.#n % platforms.length],
      plugin_version: '8.51.14',
      version_build: '1.0.0',
      version_code: '1',
      version_os: String(14 + (this.#n % 4)),
      version_name: this.version,
      custom_id: '',
      is_emulator: false,
      is_prod: true,
      defaultChannel: this.#defaultChannel,
    };
  }
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}
