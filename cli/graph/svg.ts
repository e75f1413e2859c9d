import { instance, type Graph as VizGraph } from '@viz-js/viz';
import type { Edge, Graph, Node, NodeType } from './model';

type Colours = { readonly [name in 'page' | 'text' | 'quiet' | 'line' | 'group' | 'border']: string } & {
  readonly [name in NodeType]: readonly [fill: string, stroke: string];
};

const LIGHT: Colours = {
  page: '#ffffff',
  text: '#1f2328',
  quiet: '#59636e',
  line: '#8b949e',
  group: '#f6f8fa',
  border: '#d1d9e0',
  service: ['#ddf4ff', '#0969da'],
  job: ['#fbefff', '#8250df'],
  volume: ['#fff8c5', '#9a6700'],
  outside: ['#dafbe1', '#1a7f37'],
};
const DARK: Colours = {
  page: '#0d1117',
  text: '#f0f6fc',
  quiet: '#9198a1',
  line: '#6e7681',
  group: '#151b23',
  border: '#3d444d',
  service: ['#0c2d6b', '#4493f8'],
  job: ['#3c1e70', '#ab7df8'],
  volume: ['#3b2300', '#d29922'],
  outside: ['#033a16', '#3fb950'],
};

const SHAPES = {
  service: { shape: 'box', style: 'rounded,filled' },
  job: { shape: 'box', style: 'dashed,filled' },
  volume: { shape: 'cylinder', style: 'filled' },
  outside: { shape: 'box', style: 'rounded,filled' },
};
const LINES = {
  connects: { weight: 2 },
  watches: { style: 'dotted', weight: 1 },
  keeps: { dir: 'none', weight: 2 },
};
/** The widest of the fonts that Graphviz knows the widths of: what is shown in another one has room as well. */
const FONT = { fontname: 'Verdana' };
/** Connections a node. Where there are more, nearly all connect to all, and a search for the best places takes minutes. */
const DENSE = 5;
const LITTLE_EFFORT = { splines: 'line', nslimit: 1, nslimit1: 1, mclimit: 0.05 };
/** Of longer names the middle is left out. */
const LONGEST = 40;

/** A picture in SVG: it needs no script and no font, and follows the reader's choice of light or dark. */
export async function svgOf(graph: Graph): Promise<string> {
  const svg = (await instance()).renderString(inputOf(graph), { format: 'svg' });
  const style = `<style>${css(LIGHT)}@media (prefers-color-scheme: dark){${css(DARK)}}</style>`;
  return svg
    .slice(svg.indexOf('<svg'))
    .replace('>', () => `>\n<title>Services and their connections</title>\n${style}`);
}

function inputOf({ groups, nodes, edges }: Graph): VizGraph {
  const effort = edges.length > DENSE * nodes.length ? LITTLE_EFFORT : {};
  return {
    graphAttributes: { rankdir: 'LR', nodesep: 0.25, ranksep: 0.6, newrank: true, pad: 0.2, ...effort, ...FONT },
    nodeAttributes: { fontsize: 14, margin: '0.2,0.1', ...FONT },
    edgeAttributes: { fontsize: 10, arrowsize: 0.7, ...FONT },
    nodes: nodes.map(nodeOf),
    edges: edges.map((edge) => edgeOf(edge, edges)),
    subgraphs: groups.map(({ id, label }, index) => ({
      name: `cluster_${index}`,
      graphAttributes: { label: { html: escaped(label) || ' ' }, labeljust: 'l', style: 'rounded,filled' },
      nodes: nodes.filter(({ group }) => group === id).map(({ id }) => ({ name: id })),
    })),
  };
}

function nodeOf({ id, type, name, about }: Node): NonNullable<VizGraph['nodes']>[number] {
  const [title, line] = [name, about].map((text) => escaped(shortened(text)));
  const html = `<b>${title}</b>${line === '' ? '' : `<br/><font point-size="11">${line}</font>`}`;
  return { name: id, attributes: { label: { html }, class: type, ...SHAPES[type] } };
}

/** It leads to where data goes: figures flow to who reads them. A volume that one service keeps alone stands beside it. */
function edgeOf({ from, to, type, label }: Edge, edges: readonly Edge[]): NonNullable<VizGraph['edges']>[number] {
  const [tail, head] = type === 'watches' ? [to, from] : [from, to];
  const alone = type === 'keeps' && edges.filter((edge) => edge.to === to).length === 1;
  const attributes = { label: { html: label.split('\n').map(escaped).join('<br/>') }, class: type, ...LINES[type] };
  return { tail, head, attributes: alone ? { ...attributes, minlen: 0, weight: 9 } : attributes };
}

/** Styles for the classes that Graphviz gives to what it draws, and ours. */
function css(colours: Colours): string {
  const shape = (type: NodeType) => {
    const [fill, stroke] = colours[type];
    return `.${type}>path,.${type}>polygon{fill:${fill};stroke:${stroke}}`;
  };
  return [
    `.graph>polygon{fill:${colours.page}}`,
    `.cluster>path{fill:${colours.group};stroke:${colours.border}}`,
    `.edge>path{stroke:${colours.line}}.edge>polygon{fill:${colours.line};stroke:${colours.line}}`,
    `text{font-family:Verdana,'DejaVu Sans',sans-serif;fill:${colours.text}}`,
    `.edge>text,.cluster>text,.node>text:not([font-weight]){fill:${colours.quiet}}`,
    ...(['service', 'job', 'volume', 'outside'] as const).map(shape),
  ].join('');
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST / 2)}…${text.slice(1 - LONGEST / 2)}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
