const waiting = new Map<symbol, { readonly what: string; readonly since: number }>();

/** Does something that may take long, under a name by which a deadline can say what was waited for. */
export async function naming<T>(what: string, work: () => Promise<T>): Promise<T> {
  const key = Symbol(what);
  waiting.set(key, { what, since: Date.now() });
  try {
    return await work();
  } finally {
    waiting.delete(key);
  }
}

/** What is waited for now, the longest first. */
export function waitedFor(): string {
  const all = [...waiting.values()].sort((a, b) => a.since - b.since);
  const lines = all.map(({ what, since }) => `${what} (for ${((Date.now() - since) / 1000).toFixed(0)} s)`);
  return lines.length > 0 ? `it waits for ${lines.join(', in it for ')}` : 'it waits for no command and no condition';
}

/** Fails after some seconds, saying what was waited for. */
export async function within<T>(seconds: number, limit: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${limit} are over; ${waitedFor()}`)), seconds * 1000);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
