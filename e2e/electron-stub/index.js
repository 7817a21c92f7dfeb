// The few things that @capgo/electron-updater asks of Electron. DEVICE_DIR is the device's own disk.

import { EventEmitter } from 'node:events';

class App extends EventEmitter {
  isPackaged = true;
  getPath = () => process.env.DEVICE_DIR;
  getVersion = () => '1.0.0';
  getName = () => 'stub';
}

export const app = new App();

export class BrowserWindow extends EventEmitter {
  static windows = [];
  static getAllWindows = () => BrowserWindow.windows;
  static getFocusedWindow = () => BrowserWindow.windows[0] ?? null;
  /** The file that the window shows. */
  shown = undefined;
  webContents = Object.assign(new EventEmitter(), { send() {}, reload() {}, executeJavaScript: async () => {} });
  constructor() {
    super();
    BrowserWindow.windows.push(this);
  }
  async loadFile(path) {
    this.shown = path;
  }
  async loadURL(url) {
    this.shown = url;
  }
  isDestroyed() {
    return false;
  }
}

export const safeStorage = { isEncryptionAvailable: () => false };
export const ipcMain = Object.assign(new EventEmitter(), { handle() {}, removeHandler() {} });
export const globalShortcut = { register: () => true, unregister() {}, unregisterAll() {} };
export class Menu {
  static buildFromTemplate = () => new Menu();
  static setApplicationMenu() {}
  popup() {}
}
export class MenuItem {}
export const dialog = { showMessageBox: async () => ({ response: 0 }) };
export default { app, BrowserWindow, safeStorage, ipcMain, globalShortcut, Menu, MenuItem, dialog };
