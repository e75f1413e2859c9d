import { Command, Option } from 'commander';
import { run } from './action';
import { explain } from './help';
import { without } from './options';

export const graph = new Command('graph')
  .description(
    'Draw the services of the app and their connections, from what it writes: as a flowchart of Mermaid, as a picture ' +
      'in SVG, or as JSON. Needs no cluster, and changes nothing.',
  )
  .addOption(
    new Option('-o, --output <format>', 'mermaid, svg or json').choices(['mermaid', 'svg', 'json']).default('mermaid'),
  )
  .option('--file <path>', 'where to write it; standard output unless given')
  .addOption(without())
  .allowExcessArguments(false)
  .action((options) => run(async (session) => (await import('../graph/graph')).graph(session, options), 'minikube'));

explain(graph, {
  summary: 'draw the services and their connections',
  examples: [
    ['', 'for a Markdown file'],
    ['-o svg --file graph.svg', 'for a browser'],
    ['--without grafana', 'without a service'],
  ],
});
