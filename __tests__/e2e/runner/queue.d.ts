import type { Head } from './head';

export class Queue<Entry extends { readonly head: Head }> {
  constructor(entries: Entry[], places: number);
  run(work: (entry: Entry) => Promise<void>): Promise<void>;
}
