import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { graphOf } from './graph/derive';
import { mermaidOf } from './graph/mermaid';
import { svgOf } from './graph/svg';
import { preview } from './preview';
import type { Session } from './session';
import { without } from './steps/selection';

export interface GraphOptions {
  readonly output: 'mermaid' | 'svg' | 'json';
  /** Standard output unless given. */
  readonly file?: string;
  readonly without: readonly string[];
}

/** Draws the services of an app and their connections, from what it writes. Needs no cluster, and changes nothing. */
export async function graph(session: Session, { output, file, without: left }: GraphOptions): Promise<void> {
  const { manifests, constructs } = await preview(session);
  const found = graphOf(without(manifests, left), constructs);
  const text = {
    mermaid: () => mermaidOf(found),
    svg: () => svgOf(found),
    json: () => `${JSON.stringify(found, undefined, 2)}\n`,
  }[output]();
  if (file === undefined) {
    process.stdout.write(text);
  } else {
    writeFileSync(resolve(session.folder, file), text);
  }
}
