import { isSameKind } from '../../constructs/manifest/kinds';
import { failureOf } from '../machine/causes';
import { AT_ONCE } from '../machine/proxy';
import type { Session } from '../machine/session';
import { Failure } from '../terminal/failure';
import { type Api, apiOf } from './api';
import { ApiError, isStatus, Unreachable } from './api-error';
import { fromClientSide } from './managed-fields';
import { messageOf } from './message';
import { called, type KubernetesObject, type Service } from './object';
import { inParallel } from './parallel';
import { remedyOf, UNKNOWN } from './remedies';

/** An object that the API refuses. */
interface Refused {
  readonly object: KubernetesObject;
  readonly error: ApiError;
}

/**
 * Applies objects that do not depend on one another, but for those of other kinds that come before them, and says what the
 * cluster has of them then. All are tried before the first refusal is told.
 */
export async function applied(
  session: Session,
  objects: readonly KubernetesObject[],
  fallback: string,
): Promise<KubernetesObject[]> {
  const api = apiOf(session);
  const refused: Refused[] = [];
  const found: KubernetesObject[] = [];
  for (const part of kindAfterKind(objects)) {
    const ends = await inParallel(part, AT_ONCE, async (object) => {
      try {
        return await applyOne(api, object, fallback);
      } catch (error) {
        if (!(error instanceof ApiError) || error instanceof Unreachable) {
          throw error;
        }
        refused.push({ object, error });
        return [];
      }
    });
    found.push(...ends.flat());
  }
  if (refused.length > 0) {
    throw await failureFor(session, api, refused);
  }
  return found;
}

/** What was applied client-side before is ours afterwards: else what the app has lost of it would stay for ever. */
async function applyOne(api: Api, object: KubernetesObject, fallback: string): Promise<KubernetesObject[]> {
  const { object: after } = await api.apply(object, fallback);
  const managedFields = fromClientSide(after.metadata.managedFields);
  if (!managedFields) {
    return [after];
  }
  const { resourceVersion } = after.metadata;
  try {
    await api.merge(after, { metadata: { managedFields, resourceVersion } });
  } catch (error) {
    if (!isStatus(error, 409)) {
      throw error;
    }
    // somebody else was faster: the next apply does it
    return [after];
  }
  return [(await api.apply(object, fallback)).object];
}

function kindAfterKind(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const parts: KubernetesObject[][] = [];
  for (const object of objects) {
    const last = parts.at(-1);
    if (last?.[0] && isSameKind(last[0], object)) {
      last.push(object);
    } else {
      parts.push([object]);
    }
  }
  return parts;
}

async function failureFor(session: Session, api: Api, refused: readonly Refused[]): Promise<Failure> {
  const { again } = session;
  const details = refused.map(({ object, error }) => `${called(object)}: ${messageOf(object, error.said)}`);
  const port = refused.map(takenPort).find((number) => number !== undefined);
  if (port !== undefined) {
    return portFailure(session, port, await holderOf(api, port), details);
  }
  const found = refused.map(({ object, error }) => remedyOf(session, object, error.said));
  const known = found.filter((remedy) => remedy !== UNKNOWN);
  const next = [...new Set(known)].join('; ') || UNKNOWN;
  const failure = { cause: 'the API refuses an object of the app', details, next: `${next}, then run: ${again}` };
  return failureOf(details, failure, again);
}

/** The node port of a Service that another one has. */
function takenPort({ object, error }: Refused): number | undefined {
  const taken = error.causes.find(
    ({ field = '', message = '' }) => /\.nodePort$/.test(field) && /already allocated/.test(message),
  );
  const [, index] = /\[(\d+)\]/.exec(taken?.field ?? '') ?? [];
  return (object as Service).spec?.ports?.[Number(index)]?.nodePort;
}

/** Who may not see all Services does not learn who has it. */
async function holderOf(api: Api, port: number): Promise<Service | undefined> {
  try {
    const services = await api.list<Service>('v1/services');
    return services.find(({ spec }) => spec?.ports?.some(({ nodePort }) => nodePort === port));
  } catch (error) {
    if (isStatus(error, 403)) {
      return undefined;
    }
    throw error;
  }
}

function portFailure(
  { profile, again }: Session,
  port: number,
  holder: Service | undefined,
  details: readonly string[],
): Failure {
  const { name, namespace } = holder?.metadata ?? {};
  const by = holder ? ` by Service ${name} in namespace ${namespace}` : '';
  const away = holder ? `, or 'kubectl --context ${profile} -n ${namespace} delete service ${name}'` : '';
  return new Failure({
    cause: `node port ${port} is taken${by}`,
    details,
    next: `choose another port in the app${away}, then run: ${again}`,
  });
}
