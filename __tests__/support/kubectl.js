// A kubectl for tests, as far as the cluster of the stage (cluster.ts) answers it; a shell script answers the rest.
const { readdirSync, readFileSync } = require('node:fs');
const { request } = require('node:http');
const { join } = require('node:path');

const args = process.argv.slice(2);
const folder = args[args.indexOf('-f') + 1];
const input = args.includes('-f')
  ? readdirSync(folder)
      .sort()
      .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n---\n').map(JSON.parse))
  : [];

const socketPath = join(process.env.CALLS, '..', 'api');
request({ socketPath, method: 'POST', path: '/kubectl' }, async (response) => {
  let text = '';
  for await (const chunk of response) {
    text += chunk;
  }
  process.stdout.write(JSON.parse(text).stdout);
}).end(JSON.stringify({ args, input }));
