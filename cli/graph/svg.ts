import {
  ABOUT_SIZE,
  type Box,
  type Drawing,
  type DrawnEdge,
  type DrawnNode,
  drawingOf,
  LABEL_SIZE,
  LID,
  LINE,
  NAME_SIZE,
  type Point,
} from './layout';
import type { Graph } from './model';

/** For a light page, and for a dark one. */
const COLOURS = {
  light: {
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
  },
  dark: {
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
  },
} as const;

type Colours = (typeof COLOURS)[keyof typeof COLOURS];

/** A picture in SVG: it needs no script and no font, and follows the reader's choice of light or dark. */
export function svgOf(graph: Graph): string {
  const drawing = drawingOf(graph);
  const { width, height } = drawing;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif">`,
    '<title>Services and their connections</title>',
    `<style>${css(COLOURS.light)}@media (prefers-color-scheme: dark){${css(COLOURS.dark)}}</style>`,
    '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path class="arrow" d="M0 .5 8 4 0 7.5z"/></marker></defs>',
    `<rect class="page" width="${width}" height="${height}"/>`,
    ...drawing.groups.map(groupOf),
    ...drawing.edges.map(edgeOf),
    ...drawing.edges.flatMap(labelOf),
    ...drawing.nodes.map(nodeOf),
    '</svg>\n',
  ].join('\n');
}

function css(colours: Colours): string {
  const shape = (name: 'service' | 'job' | 'volume' | 'outside') =>
    `.${name}{fill:${colours[name][0]};stroke:${colours[name][1]}}`;
  return [
    `.page{fill:${colours.page}}`,
    `.group{fill:${colours.group};stroke:${colours.border}}`,
    `.edge{fill:none;stroke:${colours.line};stroke-width:1.4}`,
    '.watches{stroke-dasharray:2 4}',
    `.arrow{fill:${colours.line}}`,
    `text{fill:${colours.text};text-anchor:middle}`,
    `.about,.label{fill:${colours.quiet}}`,
    `.label{stroke:${colours.group};stroke-width:4;stroke-linejoin:round;paint-order:stroke}`,
    ...(['service', 'job', 'volume', 'outside'] as const).map(shape),
  ].join('');
}

function groupOf({ group, x, y, width, height }: Drawing['groups'][number]): string {
  const [left, top] = [x - width / 2, y - height / 2];
  return (
    `<rect class="group" x="${n(left)}" y="${n(top)}" width="${n(width)}" height="${n(height)}" rx="10"/>` +
    `<text class="about" x="${n(left + 12)}" y="${n(top + 20)}" font-size="12" style="text-anchor:start">${escaped(group.label)}</text>`
  );
}

function edgeOf({ edge: { type }, both, points }: DrawnEdge): string {
  const end = type === 'keeps' ? '' : ` marker-end="url(#arrow)"${both ? ' marker-start="url(#arrow)"' : ''}`;
  return `<path class="edge ${type}" d="${curve(points)}"${end}/>`;
}

function labelOf({ edge, label }: DrawnEdge): string[] {
  const lines = edge.label.split('\n');
  return label
    ? lines.map((line, index) => {
        const y = label.y + (index - (lines.length - 1) / 2) * LINE + LABEL_SIZE / 3;
        return `<text class="label" x="${n(label.x)}" y="${n(y)}" font-size="${LABEL_SIZE}">${escaped(line)}</text>`;
      })
    : [];
}

function nodeOf({ node, name, about, ...box }: DrawnNode): string {
  const { x, y } = box;
  const middle = node.type === 'volume' ? y + LID / 2 : y;
  const title = node.construct ?? node.name;
  return [
    `<g><title>${escaped(title)}</title>`,
    shapeOf(node.type, box),
    `<text x="${n(x)}" y="${n(middle - 3)}" font-size="${NAME_SIZE}" font-weight="600">${escaped(name)}</text>`,
    `<text class="about" x="${n(x)}" y="${n(middle + 14)}" font-size="${ABOUT_SIZE}">${escaped(about)}</text></g>`,
  ].join('');
}

function shapeOf(type: string, { x, y, width, height }: Box): string {
  const [left, top, right, bottom] = [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  if (type === 'volume') {
    const arc = `${n(width / 2)} ${LID} 0 0`;
    return (
      `<path class="${type}" d="M${n(left)} ${n(top + LID)}A${arc} 1 ${n(right)} ${n(top + LID)}V${n(bottom - LID)}` +
      `A${arc} 1 ${n(left)} ${n(bottom - LID)}z"/>` +
      `<path class="${type}" style="fill:none" d="M${n(left)} ${n(top + LID)}A${arc} 0 ${n(right)} ${n(top + LID)}"/>`
    );
  }
  const round = type === 'outside' ? height / 2 : 6;
  const dashes = type === 'job' ? ' stroke-dasharray="5 3"' : '';
  return `<rect class="${type}" x="${n(left)}" y="${n(top)}" width="${n(width)}" height="${n(height)}" rx="${n(round)}"${dashes}/>`;
}

/** A line that is level at each point. */
function curve(points: readonly Point[]): string {
  return points
    .map(({ x, y }, index) => {
      const before = points[index - 1];
      if (!before) {
        return `M${n(x)} ${n(y)}`;
      }
      const middle = n((before.x + x) / 2);
      return Math.abs(before.y - y) < 0.5 || before.x === x
        ? `L${n(x)} ${n(y)}`
        : `C${middle} ${n(before.y)} ${middle} ${n(y)} ${n(x)} ${n(y)}`;
    })
    .join('');
}

/** Coordinates to a tenth: no machine rounds them otherwise. */
function n(number: number): string {
  return `${Math.round(number * 10) / 10}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
