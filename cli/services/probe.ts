import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT = 2000;
/** How long an address that does not answer is tried again: rules for new pods take a moment. */
const PATIENCE = 3000;
const PORTS: { readonly [scheme: string]: number } = { http: 80, https: 443, ftp: 21, ssh: 22 };

export interface Answer {
  readonly ok: boolean;
  /** What came back, or why nothing did. */
  readonly text: string;
  /** The node answers to the name of the host, which this machine does not know: asking again would not help. */
  readonly unknownHost?: string;
}

/** Asks an address as a client would: by HTTP, or by the greeting of FTP and SSH. */
export async function probe(url: string, node: string, patience = PATIENCE): Promise<Answer> {
  const end = Date.now() + patience;
  for (;;) {
    const answer = await once(new URL(url), node);
    if (answer.ok || answer.unknownHost !== undefined || Date.now() >= end) {
      return answer;
    }
    await sleep(300);
  }
}

async function once(url: URL, node: string): Promise<Answer> {
  try {
    return await ask(url);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND' && url.protocol.startsWith('http')) {
      const answer = await ask(url, node).catch((error) => ({ ok: false, text: (error as Error).message }));
      const hint = `add '${node} ${url.hostname}' to /etc/hosts`;
      return answer.ok
        ? { ok: false, text: `answers; ${hint}`, unknownHost: url.hostname }
        : { ok: false, text: `no such host; ${hint}` };
    }
    return { ok: false, text: reason(error as NodeJS.ErrnoException) };
  }
}

function ask(url: URL, at?: string): Promise<Answer> {
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return web(url, at);
    case 'ftp:':
      return greeting(url, /^220/);
    case 'ssh:':
      return greeting(url, /^SSH-/);
    default:
      return greeting(url, /^/);
  }
}

/** Any status is an answer, but those that say that the service behind a proxy is missing. */
function web(url: URL, at?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)({
      host: at ?? bare(url.hostname),
      servername: isIP(bare(url.hostname)) ? '' : url.hostname,
      port: url.port || undefined,
      path: url.pathname,
      headers: { host: url.host },
      rejectUnauthorized: false,
      agent: false,
      signal: AbortSignal.timeout(TIMEOUT),
    });
    request.on('response', (response) => {
      response.destroy();
      const { statusCode: status = 0 } = response;
      resolve({ ok: status < 500, text: `${url.protocol.slice(0, -1).toUpperCase()} ${status}` });
    });
    request.on('error', reject);
    request.end();
  });
}

function greeting(url: URL, expected: RegExp): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const port = Number(url.port) || PORTS[url.protocol.slice(0, -1)] || 0;
    const socket = connect({ host: bare(url.hostname), port, signal: AbortSignal.timeout(TIMEOUT) });
    socket.setEncoding('utf8');
    socket.once('data', (text: string) => {
      socket.destroy();
      // the code of FTP, the name that SSH gives itself
      const word = text.split(/[\s-]*[\r\n ]|---/)[0] ?? '';
      resolve({ ok: expected.test(text), text: url.protocol === 'ftp:' ? `FTP ${word}` : word });
    });
    socket.on('error', reject);
    socket.on('end', () => reject(new Error('closed without a greeting')));
  });
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function reason({ code, name, message }: NodeJS.ErrnoException): string {
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR') {
    return 'no answer within 2 s';
  }
  const known: { readonly [code: string]: string } = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    EHOSTUNREACH: 'not reachable',
    ENETUNREACH: 'not reachable',
    ENOTFOUND: 'no such host',
  };
  return (code && known[code]) ?? message;
}
