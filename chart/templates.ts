import { withChoices } from './choices';
import { presence } from './conditions';
import { type Fields, isFields, merged, type Node } from './nodes';
import { StandIns } from './stand-ins';
import { TemplateWriter } from './template';
import { variant, withoutIngresses } from './variant';

/** The values that make a difference which no single place of a manifest can tell. */
const QUESTIONS = {
  issuer: '.Values.tls.issuer',
  ftpsHost: '.Values.ftps.host',
  loadBalancer: '.Values.ftps.loadBalancer',
  ingress: '.Values.ingress.enabled',
} as const;
type Question = keyof typeof QUESTIONS;
type Answers = { readonly [question in Question]: boolean };

export interface Files {
  [path: string]: string;
}

/** The templates of all objects, and of the list of Secrets. */
export function templates(): Files {
  const [files, others] = ['aa-stand-in', 'zz-stand-in-of-another-length'].map(templatesWith);
  for (const [path, text] of Object.entries(files ?? {})) {
    if (text !== others?.[path]) {
      throw new Error(`${path}: something is worked out from a value that is not known before the installation`);
    }
  }
  return files ?? {};
}

function templatesWith(mark: string): Files {
  const standIns = new StandIns(mark);
  const writer = new TemplateWriter(standIns);
  const { manifests, secrets } = decided(Object.keys(QUESTIONS) as Question[], {} as Answers, standIns);
  const files: { [path: string]: Node[] } = {};
  for (const [key, manifest] of Object.entries(manifests)) {
    const [instance, kind = ''] = key.split('/');
    const path = `templates/${instance}/${kind.toLowerCase()}.yaml`;
    files[path] = [...(files[path] ?? []), manifest];
  }
  const written = Object.entries(files).map(([path, documents]): [string, string[]] => {
    const condition = presence(path.split('/')[1] ?? '');
    const lines = writer.documents(documents);
    return [path, condition === undefined ? lines : [`{{- if ${condition} }}`, ...lines, '{{- end }}']];
  });
  const list = ['{{- define "cdk8s-services.wanted" }}', ...writer.fields(secrets, ''), '{{- end }}'];
  const all = Object.fromEntries(
    [...written, ['templates/_wanted.tpl', list] as const].map(([path, lines]): [string, string] => [
      path,
      text(lines),
    ]),
  );
  const left = Object.entries(all).find(([, content]) => content.includes(mark));
  if (left) {
    throw new Error(`${left[0]}: a stand-in is left in it: ${new RegExp(`.*${mark}.*`).exec(left[1])?.[0]}`);
  }
  return all;
}

/** Asks every question both ways, and merges what comes of it. */
function decided(
  [question, ...rest]: Question[],
  answers: Answers,
  standIns: StandIns,
): { manifests: Fields; secrets: Fields } {
  if (question === undefined) {
    const whole = variant(standIns.settings(answers));
    return withChoices(answers.ingress ? whole : withoutIngresses(whole), standIns);
  }
  const [met, unmet] = [true, false].map((answer) => decided(rest, { ...answers, [question]: answer }, standIns));
  const both = merged(QUESTIONS[question], met as unknown as Node, unmet as unknown as Node);
  if (!isFields(both)) {
    throw new Error(`'${question}' leaves nothing the same`);
  }
  return both as unknown as { manifests: Fields; secrets: Fields };
}

function text(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}
