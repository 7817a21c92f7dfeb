#!/usr/bin/env node
// Checks the Node version with syntax that every Node since 12 can parse, then hands over to the program.
var version = process.versions.node.split('.').map(Number);
if (version[0] < 22 || (version[0] === 22 && version[1] < 12)) {
  process.stderr.write(
    `overair-server needs Node 22.12 or newer; this is ${process.version}. See https://nodejs.org/en/download\n`,
  );
  process.exitCode = 1;
} else {
  import('./start.js');
}
