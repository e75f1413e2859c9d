/** How many units of the picture one unit of Grafana's grid is: a line of 24 columns is 960 wide. */
const WIDTH = 40;
const HEIGHT = 14;
const GAP = 3;

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
}

/** Lines through points of a box of 24 by 12 for each kind of panel, and whether they fill it. */
const GLYPHS: { readonly [type: string]: { readonly lines: string; readonly fill?: boolean } } = {
  timeseries: { lines: 'M0 10 3 7 6 8 10 3 13 6 17 2 20 5 24 4', fill: true },
  stat: { lines: 'M9 2 12 0 12 12M9 12 15 12' },
  gauge: { lines: 'M2 12 4 6 8 2 12 1 16 2 20 6 22 12M12 12 17 5' },
  table: { lines: 'M0 0 24 0M0 3 24 3M0 6 24 6M0 9 24 9M0 12 24 12M6 0 6 12M15 0 15 12', fill: true },
  dashlist: { lines: 'M0 0 16 0M0 3 20 3M0 6 14 6M0 9 18 9M0 12 20 12', fill: true },
};
/** What is left free beside the glyph, and above and below it. */
const MARGIN = { x: 24, top: 32, bottom: 12 };

/** A dashboard's layout as SVG: rows, and panels by their titles, one line each so that a change can be read. */
export function picture(dashboard: string): string {
  const { panels }: { panels: Panel[] } = JSON.parse(dashboard);
  const bottom = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  const size = [24 * WIDTH, bottom * HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" font-family="sans-serif" font-size="13">`,
    '<style>',
    'rect{fill:#8881;stroke:#8888}text{fill:#333}path{fill:none;stroke:#58a8}',
    '@media(prefers-color-scheme:dark){text{fill:#ccc}}',
    '</style>',
    ...panels.map((panel) => (panel.type === 'row' ? rowTitle(panel) : box(panel))),
    '</svg>',
    '',
  ].join('\n');
}

function rowTitle({ title, gridPos }: Panel): string {
  return `<text x="${GAP}" y="${(gridPos.y + 1) * HEIGHT - GAP}" font-weight="bold">${escaped(title)}</text>`;
}

function box({ title, type, gridPos }: Panel): string {
  const [x, y] = [gridPos.x * WIDTH + GAP, gridPos.y * HEIGHT + GAP];
  const [width, height] = [gridPos.w * WIDTH - 2 * GAP, gridPos.h * HEIGHT - 2 * GAP];
  const text = `<text x="${x + 8}" y="${y + 18}">${escaped(title)}</text>`;
  const room = {
    x: x + MARGIN.x,
    y: y + MARGIN.top,
    width: width - 2 * MARGIN.x,
    height: height - MARGIN.top - MARGIN.bottom,
  };
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>${text}<path d="${glyph(type, room)}"/>`;
}

/** The lines of a panel's kind in the middle of the room for it, or all over it. */
function glyph(type: string, room: { x: number; y: number; width: number; height: number }): string {
  const { lines = '', fill } = GLYPHS[type] ?? {};
  const [across, down] = fill ? [room.width / 24, room.height / 12] : [1, 1];
  const [left, top] = [room.x + (room.width - 24 * across) / 2, room.y + (room.height - 12 * down) / 2];
  return lines.replace(/(\d+) (\d+)/g, (_, x: string, y: string) =>
    [left + Number(x) * across, top + Number(y) * down].map((place) => Math.round(place)).join(' '),
  );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
