import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Browser } from '../__tests__/e2e/clients/http';
import { waitUntil } from '../__tests__/e2e/runner/wait';
import { asset, PACKAGE_ROOT } from '../constructs/asset';
import { Images } from '../constructs/images';
import { listenFiles } from '../constructs/web/tls';

const ROUNDS = 5;
const CLIENTS = 4;
const WARM_UP_SECONDS = 1;
const SECONDS = 5;
/** A client that waits for no more than the rest of its time is what is measured, and not the site. */
const BUSY = 0.9;

const NAME = `bench-wordpress-${randomBytes(4).toString('hex')}`;
const LABEL = `cdk8s-services.bench=${NAME}`;
const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
const password = randomBytes(24).toString('hex');
const folder = mkdtempSync(join(tmpdir(), `${NAME}-`));
const stopped = new AbortController();

/** Runs docker, in a process group of its own: a terminal's Ctrl-C must not reach what is being made or removed. */
function docker(args: string[], signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('docker', args, { detached: true, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) {
        resolve(Buffer.concat(out).toString().trim());
      } else {
        const last = Buffer.concat(err).toString().trim().split('\n').slice(-15).join('\n');
        reject(new Error(`docker ${args[0]} ended with ${code}: ${last}`));
      }
    });
  });
}

async function imageOf(service: string): Promise<string> {
  const reference = Images.local().reference(service);
  await docker(['image', 'inspect', reference]).catch(() => {
    process.stderr.write(`building ${reference}\n`);
    const context = join(PACKAGE_ROOT, 'dockerfiles', service);
    return docker(['build', '--force-rm', '--tag', reference, context], stopped.signal);
  });
  return reference;
}

/** A folder to be mounted, readable in the container. On this machine only its owner gets as far. */
function filesIn(name: string, files: { readonly [path: string]: string }): string {
  const made = join(folder, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(made, path)), { recursive: true, mode: 0o755 });
    writeFileSync(join(made, path), content);
    chmodSync(join(made, path), 0o644);
  }
  return made;
}

/** A text with one part replaced, which must be there. */
function changed(text: string, part: string, other: string): string {
  if (!text.includes(part)) {
    throw new Error(`expected '${part}' in a file of constructs/wordpress; adapt bench/wordpress.ts`);
  }
  return text.replace(part, other);
}

/** What a container of the bench is run with, whatever it runs. */
function options(name: string, mounts: string[]): string[] {
  const volumes = mounts.flatMap((mount) => ['--volume', mount]);
  const own = ['--name', `${NAME}-${name}`, '--network', NAME, '--network-alias', name, '--label', LABEL];
  return [...own, ...HARDENED, '--tmpfs', '/tmp:size=256m', ...volumes];
}

async function startDatabase(): Promise<void> {
  const config = filesIn('mysql-config', {
    'my.cnf': asset('mysql', 'my.cnf'),
    accounts: 'wordpress\twordpress\tALL PRIVILEGES\n',
  });
  const secrets = filesIn('mysql-secrets', {
    'mysql/password': password,
    'accounts/wordpress/username': 'wordpress',
    'accounts/wordpress/password': password,
  });
  const mounts = [`${config}:/etc/mysql:ro`, `${secrets}:/run/secrets:ro`, `${NAME}-mysql:/var/lib/mysql`];
  const more = ['--tmpfs', '/run/mysqld', '--env', 'MYSQL_ROOT_PASSWORD_FILE=/run/secrets/mysql/password'];
  await docker(['run', '--detach', ...options('mysql', mounts), ...more, await imageOf('mysql')]);
}

/** What both sites are run with, and the container that prepares them. */
function siteOptions(name: string, config: string, secrets: string): string[] {
  const mounts = [`${config}:/etc/wordpress:ro`, `${secrets}:/run/secrets:ro`, `${NAME}-content:/var/lib/wp-content`];
  const environment = {
    WORDPRESS_DB_HOST: 'mysql:3306',
    WORDPRESS_DB_NAME: 'wordpress',
    WORDPRESS_DB_USER_FILE: '/run/secrets/database/username',
    WORDPRESS_DB_PASSWORD_FILE: '/run/secrets/database/password',
    WORDPRESS_SECRET_KEY_FILE: '/run/secrets/wordpress/secret-key',
    WORDPRESS_USERS_DIR: '/run/secrets/users',
  };
  const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
  return [...options(name, mounts), ...variables];
}

/** Somewhere to ask for the front page, with the cookies of somebody who has logged in. */
interface Site {
  readonly base: string;
  readonly cookie: string;
}

/** Where a site answers: at its own address if this machine has a way there, as docker's proxy halves the speed. */
async function baseOf(name: string): Promise<string> {
  const format = `{{(index .NetworkSettings.Networks "${NAME}").IPAddress}}:5050`;
  const own = await docker(['inspect', '--format', format, `${NAME}-${name}`]);
  const published = await docker(['port', `${NAME}-${name}`, '5050/tcp']);
  const answering = async () => {
    stopped.signal.throwIfAborted();
    for (const base of [`http://${own}`, `http://${published}`]) {
      const reply = await new Browser(base).get('/fpm-ping', { seconds: 2 }).catch(() => undefined);
      if (reply?.status === 200) {
        return base;
      }
    }
    return undefined;
  };
  return waitUntil(`the ${name} site answers`, answering, { seconds: 60 });
}

async function startSite(name: string, image: string, config: string, secrets: string): Promise<Site> {
  const publish = ['--publish', '127.0.0.1::5050'];
  await docker(['run', '--detach', ...siteOptions(name, config, secrets), ...publish, image]);
  const base = await baseOf(name);
  const browser = new Browser(base);
  await browser.get('/wp-login.php');
  const { status } = await browser.post('/wp-login.php', { log: 'admin', pwd: password, testcookie: '1' });
  const cookie = [...browser.cookies].map(([key, value]) => `${key}=${value}`).join('; ');
  if (status !== 302 || !cookie.includes('wordpress_logged_in_')) {
    throw new Error(`expected 302 and a session from the login on the ${name} site, got ${status}`);
  }
  return { base, cookie };
}

async function startSites(): Promise<{ ours: Site; naive: Site }> {
  const names = ['nginx.conf', 'php-fpm.conf', 'php.ini', 'wp-config.php'];
  const files = {
    ...Object.fromEntries(names.map((file) => [file, asset('wordpress', file)])),
    ...listenFiles(5050, undefined),
    'site.json': JSON.stringify({ title: 'Bench', admin: { login: 'admin', email: 'admin@example.org' }, users: [] }),
  };
  const config = filesIn('wordpress-config', files);
  const naiveConfig = filesIn('naive-config', {
    ...files,
    'nginx.conf': changed(asset('wordpress', 'nginx.conf'), 'fastcgi_cache pages;', 'fastcgi_cache off;'),
    'php.ini': `${asset('wordpress', 'php.ini')}opcache.enable = 0\n`,
  });
  const secrets = filesIn('wordpress-secrets', {
    'database/username': 'wordpress',
    'database/password': password,
    'wordpress/secret-key': randomBytes(24).toString('hex'),
    'users/admin': password,
  });
  const image = await imageOf('wordpress');
  await docker(['create', ...siteOptions('setup', config, secrets), image, 'wordpress-setup']);
  await docker(['start', '--attach', `${NAME}-setup`], stopped.signal);
  return {
    ours: await startSite('ours', image, config, secrets),
    naive: await startSite('naive', image, naiveConfig, secrets),
  };
}

/** A way to ask for the front page. */
interface Visit {
  readonly name: string;
  /** What our site's cache says of it. The naive one has no cache that could say anything. */
  readonly cache: RegExp;
  readonly everyTimeNew?: boolean;
  readonly gzip?: boolean;
  readonly loggedIn?: boolean;
}

const VISITS: Visit[] = [
  { name: 'anonymous, uncached', cache: /^MISS$/, everyTimeNew: true },
  { name: 'anonymous, cached', cache: /^(HIT|MISS|EXPIRED|STALE|UPDATING)$/ },
  { name: 'anonymous, cached, gzip', cache: /^(HIT|MISS|EXPIRED|STALE|UPDATING)$/, gzip: true },
  { name: 'logged in', cache: /^BYPASS$/, loggedIn: true },
];

interface Speed {
  readonly perSecond: number;
  /** Milliseconds in which 95 of 100 requests are answered. */
  readonly p95: number;
  /** How much of the time the client had something to do. */
  readonly client: number;
}

let turn = 0;

function load(site: Site, cache: RegExp, visit: Visit, agent: http.Agent): Promise<void> {
  const path = visit.everyTimeNew ? `/?visit=${turn++}` : '/';
  const headers = { ...(visit.gzip && { 'Accept-Encoding': 'gzip' }), ...(visit.loggedIn && { Cookie: site.cookie }) };
  return new Promise((resolve, reject) => {
    const request = http.get(`${site.base}${path}`, { agent, headers, timeout: 20_000 }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('error', reject);
      response.on('end', () => {
        const said = `${response.headers['x-cache'] ?? ''}`;
        if (response.statusCode === 200 && bytes > 5000 && cache.test(said)) {
          resolve();
        } else {
          const answer = `${response.statusCode} with ${bytes} bytes and X-Cache '${said}'`;
          reject(new Error(`expected 200 with a page and X-Cache ${cache} for '${visit.name}', got ${answer}`));
        }
      });
    });
    request.on('timeout', () => request.destroy(new Error(`nothing from ${site.base} for 20 s`)));
    request.on('error', reject);
  });
}

/** The times of all requests that began in so many seconds, in milliseconds. */
async function times(seconds: number, request: () => Promise<void>): Promise<number[]> {
  const all: number[] = [];
  const end = performance.now() + seconds * 1000;
  const client = async () => {
    for (let began = performance.now(); began < end; began = performance.now()) {
      stopped.signal.throwIfAborted();
      await request();
      all.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return all;
}

async function speed(site: Site, cache: RegExp, visit: Visit): Promise<Speed> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CLIENTS });
  const request = () => load(site, cache, visit, agent);
  try {
    await times(WARM_UP_SECONDS, request);
    const idle = performance.eventLoopUtilization();
    const began = performance.now();
    const taken = (await times(SECONDS, request)).sort((a, b) => a - b);
    const seconds = (performance.now() - began) / 1000;
    return {
      perSecond: taken.length / seconds,
      p95: taken[Math.ceil(taken.length * 0.95) - 1] ?? 0,
      client: performance.eventLoopUtilization(idle).utilization,
    };
  } finally {
    agent.destroy();
  }
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** What our site and the naive one did in a round, one right after the other. */
interface Pair {
  readonly ours: Speed;
  readonly naive: Speed;
}

async function measured(): Promise<string[][]> {
  const { ours, naive } = await startSites();
  const all = VISITS.map((visit) => ({ visit, pairs: [] as Pair[] }));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const { visit, pairs } of all) {
      process.stderr.write(`round ${round} of ${ROUNDS}: ${visit.name}\n`);
      pairs.push({ ours: await speed(ours, visit.cache, visit), naive: await speed(naive, /^$/, visit) });
    }
  }
  return all.map(({ visit, pairs }) => {
    const of = (value: (pair: Pair) => number) => number(median(pairs.map(value)));
    const client = median(pairs.map((pair) => pair.ours.client));
    const atLeast = client > BUSY ? '≥ ' : '';
    return [
      visit.name,
      of((pair) => pair.ours.perSecond),
      `${of((pair) => pair.ours.p95)} ms`,
      of((pair) => pair.naive.perSecond),
      `${of((pair) => pair.naive.p95)} ms`,
      `${atLeast}${of((pair) => pair.ours.perSecond / pair.naive.perSecond)} × naive`,
      `${atLeast}${of((pair) => pair.naive.p95 / pair.ours.p95)} × shorter`,
      `${(client * 100).toFixed(0)} %${atLeast && ', the bottleneck'}`,
    ];
  });
}

function number(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

async function removeAll(): Promise<void> {
  const containers = await docker(['ps', '--all', '--quiet', '--filter', `label=${LABEL}`]);
  if (containers) {
    await docker(['rm', '--force', '--volumes', ...containers.split('\n')]);
  }
  await docker(['volume', 'rm', '--force', `${NAME}-mysql`, `${NAME}-content`]);
  if (await docker(['network', 'ls', '--quiet', '--filter', `label=${LABEL}`])) {
    await docker(['network', 'rm', NAME]);
  }
}

async function main(): Promise<void> {
  try {
    await imageOf('mysql');
    await imageOf('wordpress');
    stopped.signal.throwIfAborted();
    process.stderr.write(`load ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores before the start\n`);
    await docker(['network', 'create', '--label', LABEL, NAME]);
    await startDatabase();
    const rows = await measured();
    const header = [
      'front page',
      'requests/s',
      'p95',
      'naive requests/s',
      'naive p95',
      'requests/s, ratio',
      'p95, ratio',
      'client busy',
    ];
    process.stdout.write(
      `${[header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`,
    );
  } finally {
    rmSync(folder, { recursive: true });
    await removeAll();
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => stopped.abort());
}
main().catch((error: Error) => {
  process.stderr.write(`bench/wordpress: ${stopped.signal.aborted ? 'interrupted' : error.message}\n`);
  process.exitCode = 1;
});
