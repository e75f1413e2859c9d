type Values = { readonly [name: string]: any };

/** What templates are rendered with. */
export interface Context {
  readonly values: Values;
  readonly namespace: string;
}

/**
 * Renders the part of Helm's language that the generated templates are written in, and refuses everything else: Helm
 * itself is not everywhere where tests run.
 */
export function render(template: string, context: Context): string {
  const tokens = template.split(/(\s*\{\{-.*?\}\}|\{\{.*?\}\})/);
  const kept: boolean[] = [];
  let output = '';
  for (const [index, token] of tokens.entries()) {
    if (index % 2 === 0) {
      output += kept.every(Boolean) ? token : '';
      continue;
    }
    const action = token.replace(/^\s*\{\{-? ?| ?\}\}$/g, '');
    if (action.startsWith('if ')) {
      kept.push(isTrue(evaluate(action.slice(3), context)));
    } else if (action === 'else') {
      kept.push(!kept.pop());
    } else if (action === 'end') {
      kept.pop();
    } else if (kept.every(Boolean)) {
      output += evaluate(action, context);
    }
  }
  return output;
}

/** What stands for the hash of what a pod mounts, which Helm works out from all templates. */
export const HASH = '0123456789ab';

function evaluate(expression: string, context: Context): any {
  const inner = (text: string) => evaluate(text, context);
  const rules: [RegExp, (...parts: string[]) => any][] = [
    [/^"([^"\\]*)"$/, (text) => text],
    [/^\.Release\.Namespace$/, () => context.namespace],
    [/^\.Values\.([\w.]+)$/, (path = '') => path.split('.').reduce((value, name) => value[name], context.values)],
    [/^\((.*)\)$/, (text = '') => inner(text)],
    [/^(.*) \| quote$/, (text = '') => JSON.stringify(`${inner(text)}`)],
    [/^(.*) \| default (.*)$/, (first = '', second = '') => inner(first) || inner(second)],
    [/^toJson (.*)$/, (text = '') => JSON.stringify(inner(text))],
    [/^not \((.*)\)$/, (text = '') => !isTrue(inner(text))],
    [/^or (.*)$/, (texts = '') => texts.split(' ').some((text) => isTrue(inner(text)))],
    [/^gt \((.*)\) (\d+)$/, (text = '', number) => inner(text) > Number(number)],
    [/^max \(int (\S+)\) \(int (\S+)\)$/, (...texts) => Math.max(...texts.map(inner))],
    [/^eq (\S+) (\S+)$/, (first = '', second = '') => inner(first) === inner(second)],
    [/^include "cdk8s-services\.image" \(list \. "(\w+)" "(\w+)"\)$/, (name, tag) => `cdk8s-services/${name}:${tag}`],
    [/^include "cdk8s-services\.pullPolicy" \.$/, () => 'Never'],
    [/^include "cdk8s-services\.hash" \(list \. "[a-z/.]*" \(list( "[a-z-]+")* ?\)\)$/, () => HASH],
  ];
  for (const [pattern, value] of rules) {
    const found = pattern.exec(expression);
    if (found) {
      return value(...found.slice(1));
    }
  }
  throw new Error(`a template says '${expression}', which is not known here`);
}

/** As templates see it, where empty texts, lists and maps are false. */
function isTrue(value: any): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length > 0 : Boolean(value);
}
