import { Amounts } from './amounts';
import { withChoices } from './choices';
import { presence } from './conditions';
import { type Fields, merged, type Node } from './nodes';
import type { Settings } from './settings';
import { StandIns } from './stand-ins';
import { TemplateWriter } from './template';
import { type Variant, variant, withoutIngresses } from './variant';

/** The values that decide what is there at all. */
const QUESTIONS = {
  issuer: '.Values.tls.issuer',
  ftpsHost: '.Values.ftps.host',
  loadBalancer: '.Values.ftps.loadBalancer',
  ingress: '.Values.ingress.enabled',
};
type Question = keyof typeof QUESTIONS;
type Answers = { readonly [question in Question]: boolean };

/** The contents of files by their paths. */
export interface Files {
  [path: string]: string;
}

/** The templates of all objects, and of the list of Secrets. */
export function templates(synthesize: (settings: Settings) => Variant = variant): Files {
  const written = (mark: string) => {
    const standIns = new StandIns(mark);
    const some = { issuer: false, ftpsHost: false, loadBalancer: false };
    const amounts = new Amounts((resources) => synthesize(standIns.settings({ ...some, resources })));
    const decide = (answers: Answers) => {
      const whole = synthesize(standIns.settings(answers));
      return withChoices(answers.ingress ? whole : withoutIngresses(whole), standIns, amounts);
    };
    const files = filesOf(decided(Object.keys(QUESTIONS) as Question[], {}, decide), new TemplateWriter(standIns));
    const left = Object.entries(files).find(([, content]) => content.includes(mark));
    if (left) {
      throw new Error(`${left[0]}: a stand-in is left in it: ${new RegExp(`.*${mark}.*`).exec(left[1])?.[0]}`);
    }
    return files;
  };
  const files = written('aa-stand-in');
  const others = written('zz-stand-in-of-another-length');
  const different = Object.keys({ ...files, ...others }).find((path) => files[path] !== others[path]);
  if (different !== undefined) {
    throw new Error(`${different}: something is worked out from a value that is not known before the installation`);
  }
  return files;
}

/** Asks every question both ways, and merges what comes of it. */
function decided(
  [question, ...rest]: Question[],
  answers: Partial<Answers>,
  decide: (answers: Answers) => Decided,
): Decided {
  if (question === undefined) {
    return decide(answers as Answers);
  }
  const [met, unmet] = [true, false].map((answer) => decided(rest, { ...answers, [question]: answer }, decide));
  return merged(QUESTIONS[question], met, unmet) as Decided;
}

/** Objects by service, kind and name, and Secrets by name. */
type Decided = { readonly manifests: Fields; readonly secrets: Fields } & Fields;

/** A file for each kind of objects of a service. */
function filesOf({ manifests, secrets }: Decided, writer: TemplateWriter): Files {
  const documents: { [path: string]: Node[] } = {};
  for (const [key, manifest] of Object.entries(manifests)) {
    const [service, kind = ''] = key.split('/');
    const path = `templates/${service}/${kind.toLowerCase()}.yaml`;
    documents[path] = [...(documents[path] ?? []), manifest];
  }
  const files = Object.entries(documents).map(([path, nodes]): [string, string] => {
    const condition = presence(path.split('/')[1] ?? '');
    const lines = writer.documents(nodes);
    return [path, text(condition === undefined ? lines : [`{{- if ${condition} }}`, ...lines, '{{- end }}'])];
  });
  const list = ['{{- define "cdk8s-services.wanted" }}', ...writer.fields(secrets, ''), '{{- end }}'];
  return { ...Object.fromEntries(files), 'templates/_wanted.tpl': text(list) };
}

function text(lines: string[]): string {
  return `${lines.join('\n')}\n`;
}
