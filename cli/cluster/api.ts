import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../machine/session';
import { Failure, Interrupted } from '../terminal/failure';
import { FIELD_MANAGER } from './apply';
import type { KubernetesObject } from './object';
import { type Place, withPlace } from './proxy';

/** Two cores answer no more than so many faster. */
export const AT_ONCE = 16;

/** How often a server that is busy is asked again. */
const PATIENCE = 20;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever was asked for
  readonly body: any;
  readonly warnings: readonly string[];
}

/** The cluster's API. */
export interface Api {
  get(path: string): Promise<Answer>;
  /** What would become of an object if it were applied as `up` does. */
  dryRun(path: string, object: KubernetesObject): Promise<Answer>;
}

/**
 * Asks the API through one `kubectl proxy`. Unlike `kubectl apply --dry-run`, it answers each object by itself, so that one
 * that is refused hides no other, and many at once.
 */
export function withApi<T>(session: Session, action: (api: Api) => Promise<T>): Promise<T> {
  return withPlace(session, ['--reject-methods=^(POST|PUT|DELETE)$'], async (place) => {
    const connection = new Connection(place, session);
    const close = () => connection.close();
    session.signal.addEventListener('abort', close);
    try {
      return await action(connection);
    } finally {
      session.signal.removeEventListener('abort', close);
      close();
    }
  });
}

const DRY_RUN = `dryRun=All&fieldManager=${FIELD_MANAGER}&force=true&fieldValidation=Ignore`;

export class Connection implements Api {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

  constructor(
    private readonly place: Place,
    private readonly session: Session,
  ) {}

  get(path: string): Promise<Answer> {
    return this.ask('GET', path);
  }

  dryRun(path: string, object: KubernetesObject): Promise<Answer> {
    return this.ask('PATCH', `${path}?${DRY_RUN}`, JSON.stringify(object));
  }

  close(): void {
    this.agent.destroy();
  }

  private async ask(method: string, path: string, body?: string): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.send(method, path, body);
      const { statusCode: status = 0, headers } = response;
      const text = await textOf(response);
      if (status === 429 && attempt < PATIENCE) {
        await sleep(1000 * Number(headers['retry-after'] ?? 1));
        continue;
      }
      // what the proxy says by itself is no JSON; 503 may be that of one group of the API alone
      if (status === 401 || (status >= 500 && status !== 503 && !isJson(response))) {
        throw unreachable(this.session, status, text);
      }
      const said = isJson(response) ? JSON.parse(text) : { message: text.trim() };
      return { status, body: said, warnings: warningsIn(headers.warning) };
    }
  }

  private send(method: string, path: string, body?: string): Promise<IncomingMessage> {
    const { agent, place, session } = this;
    // the proxy answers who asks it by this name
    const headers = {
      host: 'localhost',
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/apply-patch+yaml' }),
    };
    return new Promise((resolve, reject) => {
      const asked = request({ ...place, method, path, agent, headers }, resolve);
      asked.on('error', (error) => reject(session.signal.aborted ? new Interrupted() : error));
      asked.end(body);
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function isJson({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('application/json') ?? false;
}

function unreachable({ profile, again }: Session, status: number, text: string): Failure {
  const cause = status === 401 ? `the cluster does not know who you are` : `the cluster's API does not answer`;
  const said = text.trim().slice(0, 200);
  return new Failure({
    cause: `${cause}: ${status}${said === '' ? '' : `, ${said}`}`,
    next: `kubectl --context ${profile} get --raw /readyz, then run: ${again}`,
    step: 'cluster',
  });
}

/** The texts of `299 - "…", 299 - "…"`. */
function warningsIn(header: string | string[] = []): string[] {
  const texts = [header]
    .flat()
    .join(', ')
    .matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g);
  return [...texts].map(([, text = '']) => text.replaceAll(/\\(.)/g, '$1'));
}
