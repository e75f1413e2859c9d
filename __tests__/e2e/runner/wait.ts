import { naming } from './waiting';

export interface Patience {
  readonly seconds: number;
  readonly everyMs?: number;
}

/** The first truthy value of a condition, which may throw meanwhile; at the deadline, what it last said. */
export function waitUntil<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  patience: Patience,
): Promise<T> {
  return naming(what, () => firstTruthy(what, condition, patience));
}

async function firstTruthy<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  { seconds, everyMs = 500 }: Patience,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last = 'the condition did not hold';
  do {
    try {
      const value = await condition();
      if (value) {
        return value;
      }
      last = 'the condition did not hold';
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  } while (Date.now() < deadline);
  throw new Error(`expected within ${seconds} s: ${what}\nlast time: ${last}`);
}

/** Tries until it does not fail any more. */
export async function succeeds(what: string, attempt: () => Promise<void>, patience: Patience): Promise<void> {
  const condition = async () => {
    await attempt();
    return true;
  };
  await waitUntil(what, condition, patience);
}
