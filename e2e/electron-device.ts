// One desktop with the published updater plugin: checks, downloads, verifies, applies, reports; prints what it saw as JSON.
// Environment: DEVICE_DIR (its disk), SERVER, APP_ID, NATIVE_VERSION, and SET_CHANNEL (a channel that it chooses first).

import { ElectronUpdater } from '@capgo/electron-updater';
import { BrowserWindow } from 'electron';

interface Updater {
  initialize(window: unknown, builtin: string): Promise<void>;
  /** Private in the package's types; the timer would call it. */
  checkForUpdates(): Promise<void>;
  notifyAppReady(): Promise<unknown>;
  current(): Promise<unknown>;
  setChannel(options: { channel: string }): Promise<unknown>;
}

const { SERVER, APP_ID = '', NATIVE_VERSION = '1.0.0', SET_CHANNEL } = process.env;

const updater = new ElectronUpdater({
  appId: APP_ID,
  version: NATIVE_VERSION,
  updateUrl: `${SERVER}/updates`,
  statsUrl: `${SERVER}/stats`,
  channelUrl: `${SERVER}/channel_self`,
}) as unknown as Updater;
const window = new BrowserWindow() as unknown as { emit(event: string): boolean; shown?: string };

await updater.initialize(window, '/builtin/index.html');
const choice = SET_CHANNEL ? await updater.setChannel({ channel: SET_CHANNEL }) : undefined;
await updater.checkForUpdates();
// The plugin applies a pending bundle when the window loses focus.
window.emit('blur');
await new Promise((resolve) => setTimeout(resolve, 500));
const ready = await updater.notifyAppReady();
// Its reports are sent without being waited for.
await new Promise((resolve) => setTimeout(resolve, 500));
process.stdout.write(
  `\n@@${JSON.stringify({ shown: window.shown, ready, choice, current: await updater.current() })}\n`,
);
process.exit(0);
