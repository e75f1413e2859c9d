import { isFields, keysOf } from '../cluster/difference';

/** What is written in the program, upon what the cluster has: where no dry run says what would become of it. */
export function overlay(live: unknown, wanted: unknown): unknown {
  if (Array.isArray(live) && Array.isArray(wanted)) {
    const key = keysOf(live, wanted);
    const known = new Map(key ? live.map((element) => [key(element), element]) : []);
    return wanted.map((element) => (key ? overlay(known.get(key(element)), element) : element));
  }
  if (!isFields(live) || !isFields(wanted)) {
    return wanted;
  }
  const written = Object.entries(wanted).filter(([, value]) => value !== undefined);
  return { ...live, ...Object.fromEntries(written.map(([name, value]) => [name, overlay(live[name], value)])) };
}
