// Plays `kubectl proxy`: node fake-api.js <folder> … --unix-socket=<path> …
// A file 'cut' ends watches, and the next list of pods in its middle.
// pods.json lists pods; <pod>.<container>.log is what one says, and what is appended to it while it is followed.
const { existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');

const [, , folder, ...args] = process.argv;
const socket = args.map((arg) => /^--unix-socket=(.*)$/.exec(arg)?.[1]).find((found) => found);

const cut = join(folder, 'cut');
const server = createServer(({ url }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, pod] = /\/pods\/([^/]+)\/log$/.exec(pathname) ?? [];
  if (pod === undefined) {
    // a watch of pods of which nothing is heard
    if (searchParams.has('watch')) {
      response.writeHead(200).flushHeaders();
      setInterval(() => existsSync(cut) && response.end(), 20);
    } else if (existsSync(cut)) {
      response.write('{', () => response.destroy());
      rmSync(cut);
    } else {
      response.end(readFileSync(join(folder, 'pods.json')));
    }
    return;
  }
  const previous = searchParams.has('previous') ? '.previous' : '';
  const path = join(folder, `${pod}.${searchParams.get('container')}${previous}.log`);
  if (!existsSync(path)) {
    response.writeHead(400).end(JSON.stringify({ message: `container of ${pod} is waiting to start` }));
    return;
  }
  const tail = Number(searchParams.get('tailLines') ?? Number.MAX_SAFE_INTEGER);
  const lines = readFileSync(path, 'utf8').split(/(?<=\n)/);
  const since = searchParams.get('sinceTime');
  const shown = since === null ? lines.slice(-tail) : lines.filter((line) => line >= since.slice(0, 19));
  response.write(shown.join(''));
  if (!searchParams.has('follow')) {
    response.end();
    return;
  }
  let read = lines.length;
  setInterval(() => {
    const now = readFileSync(path, 'utf8').split(/(?<=\n)/);
    response.write(now.slice(read).join(''));
    read = now.length;
  }, 20);
});
server.listen(socket, () => process.stdout.write(`Starting to serve on ${socket}\n`));
writeFileSync(join(folder, 'proxy.pid'), `${process.pid}`);
