// A 'kubectl proxy' for tests, before the cluster of cluster.json.
const { readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { answer } = require('./api');

const [, socket] = process.argv.map((word) => /^--unix-socket=(.*)/.exec(word)).find(Boolean);

writeFileSync(join(process.env.CALLS, 'proxy'), `${process.pid}`);

createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
  }
  const { items } = JSON.parse(readFileSync(join(process.env.CALLS, '..', 'cluster.json'), 'utf8'));
  const { status, body } = answer(items, request.method, request.url, text && JSON.parse(text));
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}).listen(socket, () => console.log(`Starting to serve on ${socket}`));
