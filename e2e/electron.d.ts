// What the stand-in for Electron exports, as far as the tests use it.
declare module 'electron' {
  export class BrowserWindow {}
}
