import { Graph as Layout, layout } from '@dagrejs/dagre';
import type { Edge, Graph, Group, Node } from './model';
import { fitted, widthOf } from './text';

export const NAME_SIZE = 14;
export const ABOUT_SIZE = 11;
export const LABEL_SIZE = 11;
export const LINE = 14;
/** The lid of a cylinder. */
export const LID = 6;
/** Names are cut to this width. */
const WIDEST = 240;
const PADDING = 13;
const MARGIN = 24;
/** What the name of a group takes, of the margin or the distance to what is above. */
const HEADING = 12;
const HEIGHT = 50;
/** Between a service and a volume that is its own, which stands below it. */
const STEM = 9;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  /** `x` and `y` are its middle. */
  readonly width: number;
  readonly height: number;
}

export interface DrawnNode extends Box {
  readonly node: Node;
  readonly name: string;
  readonly about: string;
}

export interface DrawnEdge {
  readonly edge: Edge;
  /** Whether it has a head at both ends. */
  readonly both: boolean;
  /** It is level at each of them, and straight where two have one height. */
  readonly points: readonly Point[];
  readonly label?: Point;
}

export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly groups: readonly (Box & { readonly group: Group })[];
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

/** A node with the volumes that are its alone. */
interface Block {
  readonly node: Node;
  readonly volumes: readonly Node[];
}

/** Where everything is drawn: from left to right, as data goes. */
export function drawingOf({ groups, nodes, edges }: Graph): Drawing {
  const blocks = blocksOf(nodes, edges);
  const attached = new Set(blocks.flatMap(({ volumes }) => volumes.map(({ id }) => id)));
  const free = paired(edges.filter(({ to }) => !attached.has(to)));
  const plan = new Layout({ compound: true, multigraph: true });
  plan.setGraph({ rankdir: 'LR', nodesep: 26, ranksep: 48, edgesep: 18, marginx: MARGIN, marginy: MARGIN });
  for (const { id } of groups) {
    plan.setNode(id, {});
  }
  for (const block of blocks) {
    plan.setNode(block.node.id, sizeOfBlock(block));
    if (block.node.group !== undefined) {
      plan.setParent(block.node.id, block.node.group);
    }
  }
  free.forEach(({ edge }, index) => {
    const [from, to] = wayOf(edge);
    plan.setEdge(
      from,
      to,
      { ...labelSizeOf(edge), weight: edge.type === 'watches' ? 1 : 2, labelpos: 'c' },
      `${index}`,
    );
  });
  layout(plan);
  const placed = blocks.map((block) => ({ block, box: boxOf(plan.node(block.node.id)) }));
  const drawn = placed.flatMap(({ block, box }) => drawnBlock(block, box));
  const { width = 0, height = 0 } = plan.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    groups: groups.map((group) => ({ group, ...withHeading(boxOf(plan.node(group.id))) })),
    nodes: drawn,
    edges: [
      ...ownEdges(edges, attached, drawn),
      ...routed(
        free.map(({ edge, both }, index) => {
          const [from, to] = wayOf(edge);
          return { edge, both, from, to, ...(plan.edge(from, to, `${index}`) as Box & { points: Point[] }) };
        }),
        drawn,
        placed.map(({ box }) => box),
      ),
    ],
  };
}

/** From where to where it is drawn: figures flow to who reads them. */
function wayOf({ type, from, to }: Edge): [string, string] {
  return type === 'watches' ? [to, from] : [from, to];
}

/** Two that connect to each other, by the same ports, are joined by one line. */
function paired(edges: readonly Edge[]): { readonly edge: Edge; readonly both: boolean }[] {
  const opposite = ({ from, to, type, label }: Edge) =>
    edges.findIndex((one) => one.from === to && one.to === from && one.type === type && one.label === label);
  return edges.flatMap((edge, index) => {
    const other = opposite(edge);
    return other !== -1 && other < index ? [] : [{ edge, both: other > index }];
  });
}

function blocksOf(nodes: readonly Node[], edges: readonly Edge[]): Block[] {
  const keepers = (volume: Node) => edges.filter(({ to }) => to === volume.id).map(({ from }) => from);
  const alone = nodes.filter((node) => node.type === 'volume' && keepers(node).length === 1);
  return nodes
    .filter((node) => !alone.includes(node))
    .map((node) => ({ node, volumes: alone.filter((volume) => keepers(volume)[0] === node.id) }));
}

function textsOf({ name, about }: Node): { name: string; about: string } {
  return { name: fitted(name, NAME_SIZE, WIDEST), about: fitted(about, ABOUT_SIZE, WIDEST) };
}

function sizeOf(node: Node): { width: number; height: number } {
  const { name, about } = textsOf(node);
  const text = Math.max(widthOf(name, NAME_SIZE), widthOf(about, ABOUT_SIZE));
  return { width: Math.ceil(text) + 2 * PADDING, height: HEIGHT + (node.type === 'volume' ? LID : 0) };
}

function sizeOfBlock({ node, volumes }: Block): { width: number; height: number } {
  const sizes = [node, ...volumes].map(sizeOf);
  return {
    width: Math.max(...sizes.map(({ width }) => width)),
    height: sizes.reduce((sum, { height }) => sum + height, 0) + STEM * volumes.length,
  };
}

/** A node, and its volumes below it. */
function drawnBlock({ node, volumes }: Block, { x, y, height }: Box): DrawnNode[] {
  let top = y - height / 2;
  return [node, ...volumes].map((one) => {
    const size = sizeOf(one);
    const drawn = { node: one, ...textsOf(one), x, y: top + size.height / 2, ...size };
    top += size.height + STEM;
    return drawn;
  });
}

function ownEdges(edges: readonly Edge[], attached: ReadonlySet<string>, nodes: readonly DrawnNode[]): DrawnEdge[] {
  return edges
    .filter(({ to }) => attached.has(to))
    .flatMap((edge) => {
      const volume = nodes.find(({ node }) => node.id === edge.to);
      const top = volume && volume.y - volume.height / 2;
      return top === undefined
        ? []
        : [{ edge, both: false, points: [top - STEM, top].map((y) => ({ x: volume?.x ?? 0, y })) }];
    });
}

interface Planned extends Box {
  readonly edge: Edge;
  readonly both: boolean;
  readonly from: string;
  readonly to: string;
  readonly points: readonly Point[];
}

/** Edges meet their nodes at the sides, beside each other, and pass columns of nodes level. */
function routed(planned: readonly Planned[], nodes: readonly DrawnNode[], blocks: readonly Box[]): DrawnEdge[] {
  const edges = planned.map((edge) => leftToRight(edge, nodes));
  const columns = [...blocks, ...edges.filter(({ edge }) => edge.label !== '')];
  const starts = ends(edges, nodes, 'from');
  const stops = ends(edges, nodes, 'to');
  return edges.map(({ edge, both, from, points, x, y }, index) => {
    const inner = points.slice(1, -1).flatMap((point) => {
      const half = Math.max(0, ...columns.filter((one) => Math.abs(one.x - point.x) < 1).map(({ width }) => width)) / 2;
      return [-half, half].map((away) => ({ x: point.x + away, y: point.y }));
    });
    const [start, stop] = [starts[index], stops[index]];
    const path = [...(start ? [start] : []), ...inner, ...(stop ? [stop] : [])];
    return {
      edge,
      both,
      points: from === edge.from ? path : path.reverse(),
      label: edge.label === '' ? undefined : { x, y },
    };
  });
}

/** In a circle of connections, one is planned from right to left. */
function leftToRight(planned: Planned, nodes: readonly DrawnNode[]): Planned {
  const at = (id: string) => nodes.find(({ node }) => node.id === id)?.x ?? 0;
  return at(planned.from) <= at(planned.to)
    ? planned
    : { ...planned, from: planned.to, to: planned.from, points: [...planned.points].reverse() };
}

/** Where each edge meets its node: in the order in which they come from above, as far apart as there is room. */
function ends(edges: readonly Planned[], nodes: readonly DrawnNode[], side: 'from' | 'to'): (Point | undefined)[] {
  const found: (Point | undefined)[] = edges.map(() => undefined);
  for (const { node, x, y, width, height } of nodes) {
    const meeting = edges
      .map((edge, index) => ({ index, edge, next: edge.points.at(side === 'from' ? 1 : -2)?.y ?? 0 }))
      .filter(({ edge }) => edge[side] === node.id)
      .sort((a, b) => a.next - b.next);
    const step = Math.min(12, (height - 16) / meeting.length);
    meeting.forEach(({ index }, place) => {
      const away = (place - (meeting.length - 1) / 2) * step;
      found[index] = { x: side === 'from' ? x + width / 2 : x - width / 2, y: y + away };
    });
  }
  return found;
}

function labelSizeOf({ label }: Edge): { width: number; height: number } {
  const lines = label === '' ? [] : label.split('\n');
  return {
    width: Math.ceil(Math.max(0, ...lines.map((line) => widthOf(line, LABEL_SIZE)))),
    height: lines.length * LINE,
  };
}

/** Taller by the line that names it. */
function withHeading({ x, y, width, height }: Box): Box {
  return { x, y: y - HEADING / 2, width, height: height + HEADING };
}

function boxOf({ x, y, width, height }: Box): Box {
  return { x, y, width, height };
}
