import { json as history } from './history';
import { json as overview } from './overview';
import * as rules from './rules';
import { dashboards } from './services';

interface Rule {
  readonly title: string;
  readonly for: string;
  readonly annotations: { readonly summary: string };
  readonly labels: { readonly severity: string };
}

/** The page on observability, with what is generated in it brought up to date. */
export function observability(page: string): string {
  const shown = Object.entries({ overview, ...dashboards, history });
  const pictures = shown.map(([name, json]) => `### ${name}\n\n![${titles(json())}](dashboards/${name}.svg)`);
  return replaced(replaced(page, 'dashboards', pictures.join('\n\n')), 'alerts', alertsTable());
}

/** What is between `<!-- NAME -->` and `<!-- /NAME -->`. */
function replaced(page: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) {
    throw new Error(`there is no ${start.trim()} … ${end.trim()} in docs/observability.md`);
  }
  return `${page.slice(0, from + start.length)}${content}${page.slice(to)}`;
}

/** For who can't see the picture: each row, and what is in it. */
function titles(dashboard: string): string {
  const { panels }: { panels: { type: string; title: string }[] } = JSON.parse(dashboard);
  return panels
    .map(({ type, title }, index) => (type === 'row' ? `${index > 0 ? '. ' : ''}${title}:` : title))
    .join(', ')
    .replaceAll(':,', ':')
    .replaceAll(', . ', '. ');
}

function alertsTable(): string {
  const lines = [rules.general(), rules.influxdb(), rules.mysql()]
    .flatMap((file) => JSON.parse(file).groups.flatMap((group: { rules: Rule[] }) => group.rules))
    .map((rule: Rule) => [rule.title, rule.labels.severity, rule.annotations.summary, rule.for]);
  return [['Alert', 'Severity', 'What it says', 'Pending'], ['---', '---', '---', '---'], ...lines]
    .map((cells) => `| ${cells.map((cell) => cell.replace(/\{\{ \.Labels\.(\w+) }}/g, '*$1*')).join(' | ')} |`)
    .join('\n');
}
