// cli/open/: the command `open`: a service's URL in the browser, by its address or by a port forward.

import type { Service } from '../cluster/object';
import { commandOf, inNamespace, type Session } from '../machine/session';
import { checkTools } from '../machine/tools';
import type { Address } from '../services/addresses';
import { probe } from '../services/probe';
import { findServices } from '../services/services';
import { addressTable, type Probed } from '../services/summary';
import { EXIT_INTERRUPTED, EXIT_USAGE, Failure } from '../terminal/failure';
import { type Found, find } from './find';
import { forward } from './forward';

export interface OpenOptions {
  /** Unless given, all addresses are told and none is opened. */
  readonly service?: string;
  readonly namespace?: string;
  /** Print the address, and open nothing. */
  readonly url: boolean;
}

/** Opens the address of a service that answers. What has no address from outside is forwarded until Ctrl-C. */
export async function openService(session: Session, options: OpenOptions): Promise<number> {
  const { service, namespace, url } = options;
  checkTools(session.again, ['kubectl']);
  const places = await findServices(session, { services: service === undefined ? [] : [service], namespace });
  const found = await find(session, places);
  if (service === undefined) {
    await tellAll(session, found, namespace);
    return 0;
  }
  const logs = commandOf(session, 'logs', service, ...inNamespace(namespace));
  if (found.addresses.length > 0) {
    await openAddress(session, service, found, { url, logs });
    return 0;
  }
  const [target] = found.services;
  if (!target) {
    throw new Failure({
      cause: `${service} has no Service: nothing connects to it`,
      next: logs,
    });
  }
  if (url) {
    throw inside(session, service, target);
  }
  try {
    return await forward(session, service, target, show);
  } catch (error) {
    if (session.signal.aborted) {
      return EXIT_INTERRUPTED;
    }
    throw error;
  }
}

async function openAddress(
  session: Session,
  service: string,
  { addresses, node }: Found,
  { url, logs }: { readonly url: boolean; readonly logs: string },
): Promise<void> {
  const address = await firstThatAnswers(session, service, addresses, { node, logs });
  if (url) {
    process.stdout.write(`${address}\n`);
  } else {
    await show(address);
  }
}

/** Prints an address, and opens it where there is somebody to look and something to look with. */
async function show(address: string): Promise<void> {
  process.stdout.write(`${address}\n`);
  const command = commandFor(address);
  if (command !== undefined) {
    process.stderr.write(`with: ${command}\n`);
  } else if (/^https?:/.test(address) && process.stdout.isTTY && !process.env.CI) {
    const { default: open } = await import('open');
    await open(address).catch(() => process.stderr.write('no browser is found here: open it yourself\n'));
  }
}

/** What is no web site is had with a client of its own. */
function commandFor(address: string): string | undefined {
  if (!URL.canParse(address)) {
    return undefined;
  }
  const { protocol, hostname, port } = new URL(address);
  switch (protocol) {
    case 'ssh:':
      return `ssh ${port === '' ? '' : `-p ${port} `}<user>@${hostname}`;
    case 'ftp:':
      return `lftp -u <user> ${address}`;
    default:
      return undefined;
  }
}

/** Web sites come first; each group in the order of the addresses. */
async function firstThatAnswers(
  session: Session,
  service: string,
  addresses: readonly Address[],
  { node, logs }: { readonly node: string; readonly logs: string },
): Promise<string> {
  const isWeb = ({ url = '' }: Address) => /^https?:/.test(url);
  const ordered = [...addresses.filter(isWeb), ...addresses.filter((address) => !isWeb(address))];
  const asked = ordered.map(async (address) => ({ ...address, answer: await answerOf(address, node) }));
  for (const asking of asked) {
    const { url, answer } = await session.shell.until(asking);
    if (url !== undefined && answer?.ok) {
      return url;
    }
  }
  throw new Failure({
    cause: `no address of ${service} answers`,
    details: addressTable(await Promise.all(asked))
      .split('\n')
      .slice(1),
    next: `${logs}, and where this machine does not reach the node: minikube -p ${session.profile} tunnel`,
  });
}

async function answerOf({ url }: Address, node: string): Promise<Probed['answer']> {
  return url === undefined ? undefined : probe(url, node, 0);
}

async function tellAll(session: Session, { addresses, node, services }: Found, namespace?: string): Promise<void> {
  if (addresses.length === 0) {
    throw inside(session, undefined, services[0]);
  }
  const probed = addresses.map(async (address) => ({ ...address, answer: await answerOf(address, node) }));
  process.stdout.write(`${addressTable(await session.shell.until(Promise.all(probed)))}\n`);
  process.stderr.write(
    `open one: ${commandOf(session, 'open', addresses[0]?.service ?? '', ...inNamespace(namespace))}\n`,
  );
}

function inside(session: Session, service: string | undefined, target: Service | undefined): Failure {
  const { name = '', namespace = 'default' } = target?.metadata ?? {};
  const port = target?.spec?.ports?.[0]?.port ?? '';
  return new Failure({
    cause: `${service ?? 'the app'} has no address outside the cluster`,
    next:
      service === undefined
        ? commandOf(session, 'open', '<service>')
        : `kubectl --context ${session.profile} -n ${namespace} port-forward service/${name} :${port}`,
    exitCode: EXIT_USAGE,
  });
}
