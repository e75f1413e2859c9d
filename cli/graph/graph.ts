// cli/graph/: the command `graph`: services and connections, derived from the manifests, as Mermaid, SVG or JSON.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { preview } from '../app/preview';
import { without } from '../app/selection';
import { commandOf, type Session } from '../machine/session';
import { EXIT_USAGE, Failure } from '../terminal/failure';
import { graphOf } from './derive';
import { isTooLarge, mermaidOf } from './mermaid';

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
  const text = await {
    mermaid: () => mermaidOf(found),
    // a bundle of its own, as it brings Graphviz
    svg: async () => (await import('./svg')).svgOf(found),
    json: () => `${JSON.stringify(found, undefined, 2)}\n`,
  }[output]();
  if (output === 'mermaid' && isTooLarge(found, text)) {
    const svg = commandOf(session, 'graph', '-o', 'svg', '--file', 'graph.svg');
    process.stderr.write(`${found.edges.length} connections are more than what draws Mermaid takes: ${svg}\n`);
  }
  if (file === undefined) {
    process.stdout.write(text);
  } else {
    write(resolve(session.folder, file), text);
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new Failure({
      cause: `the graph cannot be written: ${(error as Error).message}`,
      next: 'name another file with --file, in a folder that is there',
      exitCode: EXIT_USAGE,
    });
  }
}
