import { load, loadAll } from 'js-yaml';

/** The one document of a text. */
export function parse(text: string): any {
  return load(text);
}

/** The documents of a text, but for empty ones. */
export function parseAll(text: string): any[] {
  return loadAll(text).filter((document) => document !== null);
}
