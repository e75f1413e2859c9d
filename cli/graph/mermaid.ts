import type { Edge, Graph, Node } from './model';

/** Of these, viewers draw none with more, unless they are told to: https://mermaid.js.org/config/schema-docs/config.html */
const [MOST_EDGES, MOST_TEXT] = [499, 50_000];

/** Whether it is more than viewers draw. */
export function isTooLarge({ edges }: Graph, text: string): boolean {
  return edges.length > MOST_EDGES || text.length > MOST_TEXT;
}

/** A flowchart, as GitHub, GitLab and many editors draw it. */
export function mermaidOf({ groups, nodes, edges }: Graph): string {
  const ids = new Map(nodes.map(({ id }, index) => [id, `n${index + 1}`]));
  const drawn = (node: Node) => `${ids.get(node.id)}${shapeOf(node)}`;
  const lines = [
    'flowchart LR',
    ...nodes.filter(({ group }) => group === undefined).map((node) => `  ${drawn(node)}`),
    ...groups.flatMap(({ id, label }, index) => [
      `  subgraph g${index + 1}[${quoted(label || 'the program')}]`,
      ...nodes.filter(({ group }) => group === id).map((node) => `    ${drawn(node)}`),
      '  end',
    ]),
    ...edges.map((edge) => `  ${ids.get(edge.from)} ${arrowOf(edge)} ${ids.get(edge.to)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function shapeOf({ type, name, about }: Node): string {
  const text = quoted(about === '' ? name : `${name}\n${about}`);
  switch (type) {
    case 'service':
      return `[${text}]`;
    case 'job':
      return `[[${text}]]`;
    case 'volume':
      return `[(${text})]`;
    case 'outside':
      return `([${text}])`;
  }
}

function arrowOf({ type, label }: Edge): string {
  const arrow = { connects: '-->', watches: '-.->', keeps: '---' }[type];
  return label === '' ? arrow : `${arrow}|${quoted(label)}|`;
}

/** Text in which no character is part of the language. */
function quoted(text: string): string {
  const escaped = text
    .replaceAll('#', '#35;')
    .replaceAll('&', '#amp;')
    .replaceAll('"', '#quot;')
    .replaceAll('<', '#lt;')
    .replaceAll('>', '#gt;')
    .replaceAll('*', '#42;')
    .replaceAll('`', '#96;');
  return `"${escaped.replaceAll('\n', '<br/>')}"`;
}
