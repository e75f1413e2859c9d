import { createHash } from 'node:crypto';

/** A short hash of texts, for annotations that roll pods. */
export function shortHash(texts: string[]): string {
  return createHash('sha256').update(texts.join('\0')).digest('hex').slice(0, 12);
}
