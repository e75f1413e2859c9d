import { createServer } from 'node:net';
import type { Service, ServicePort } from '../cluster/object';
import { kubectl, type Session } from '../machine/session';
import { schemeOf } from '../services/addresses';
import { probe } from '../services/probe';
import { Failure } from '../terminal/failure';

/** Ports below it are root's. */
const FIRST_PORT = 1024;
const PAUSE = 1000;
/** Where a pod is replaced, until there is another one. */
const ATTEMPTS = 60;

/** Forwards a port of this machine to a Service until Ctrl-C, whatever happens to its pods meanwhile. */
export async function forward(
  session: Session,
  service: string,
  { metadata: { name, namespace = 'default' }, spec }: Service,
  show: (address: string) => Promise<void>,
): Promise<never> {
  const port = spec?.ports?.find(({ protocol = 'TCP' }) => protocol === 'TCP');
  if (!port) {
    throw new Failure({
      cause: `${service} has no port of TCP`,
      next: `kubectl --context ${session.profile} -n ${namespace} get service ${name}`,
    });
  }
  let local = port.port >= FIRST_PORT && (await isFree(port.port)) ? `${port.port}` : '';
  let isTold = false;
  const onLine = (text: string) => {
    const [, found] = /^Forwarding from 127\.0\.0\.1:(\d+) /.exec(text) ?? [];
    if (found !== undefined && !isTold) {
      isTold = true;
      local = found;
      process.stderr.write(`${service} has no address outside the cluster; forwarding until Ctrl-C\n`);
      void addressOf(port, local).then(show);
    }
  };
  for (let attempt = 1; ; attempt++) {
    const began = Date.now();
    const args = ['-n', namespace, 'port-forward', '--address', '127.0.0.1', `service/${name}`];
    const { lines } = await session.shell.run(...kubectl(session, ...args, `${local}:${port.port}`), { onLine });
    if (!isTold || attempt > ATTEMPTS) {
      throw new Failure({
        cause: `port ${port.port} of ${service} cannot be forwarded: ${lines.at(-1) ?? 'kubectl says nothing'}`,
        next: `kubectl --context ${session.profile} -n ${namespace} get endpointslices -l kubernetes.io/service-name=${name}`,
      });
    }
    if (Date.now() - began > ATTEMPTS * PAUSE) {
      attempt = 0;
    }
    process.stderr.write('the connection is lost, trying again\n');
    await session.shell.sleep(PAUSE);
  }
}

/** As a URL where it is a web site: by the name of its port, or because it answers like one. */
async function addressOf(port: ServicePort, local: string): Promise<string> {
  const isOther = port.name !== undefined && !schemeOf(port)?.startsWith('http');
  for (const scheme of isOther ? [] : ['https', 'http']) {
    const url = `${scheme}://127.0.0.1:${local}/`;
    if ((await probe(url, '127.0.0.1', 0)).ok) {
      return url;
    }
  }
  return `127.0.0.1:${local}`;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
