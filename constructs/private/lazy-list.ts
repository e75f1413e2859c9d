import { Lazy } from 'cdk8s';

/** A list that may grow until the app is synthesized; left out if it stays empty. */
export function lazyList<T>(produce: () => T[]): T[] {
  const orNothing = () => {
    const list = produce();
    return list.length > 0 ? list : undefined;
  };
  return Lazy.any({ produce: orNothing }) as T[];
}
