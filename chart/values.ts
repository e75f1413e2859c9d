/** The part of JSON Schema that describes the values. */
export interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: { readonly [name: string]: Schema };
}

const WIDTH = 118;

/** The same with the sizes that the services choose by themselves. */
export function withSizes(schema: Schema, sizes: { readonly [service: string]: string }): Schema {
  const services = Object.entries(schema.properties ?? {}).map(([service, values]): [string, Schema] => {
    const { size, ...others } = values.properties ?? {};
    if ((size === undefined) !== (sizes[service] === undefined)) {
      throw new Error(`values.schema.json: give '${service}' a size if it has a volume, and only then`);
    }
    return size === undefined
      ? [service, values]
      : [service, { ...values, properties: { ...others, size: { ...size, default: sizes[service] } } }];
  });
  return { ...schema, properties: Object.fromEntries(services) };
}

/** What holds where nothing is said. */
export function defaultsOf(schema: Schema): { [name: string]: unknown } {
  return Object.fromEntries(
    described(schema).map(([name, value]) => [name, hasValues(value) ? defaultsOf(value) : value.default]),
  );
}

/** The file of the defaults, in which each is explained. */
export function valuesFile(schema: Schema, indent = ''): string {
  const blocks = described(schema).map(([name, value]) => {
    const head = comment(value.description ?? '', indent);
    return hasValues(value)
      ? `${head}${indent}${name}:\n${valuesFile(value, `${indent}  `)}`
      : `${head}${indent}${name}: ${JSON.stringify(value.default)}\n`;
  });
  return blocks.join(indent === '' ? '\n' : '');
}

/** The rows of a table of all values. */
export function valuesTable(schema: Schema, prefix = ''): string[] {
  return described(schema).flatMap(([name, value]) =>
    hasValues(value)
      ? valuesTable(value, `${prefix}${name}.`)
      : [`| \`${prefix}${name}\` | \`${JSON.stringify(value.default)}\` | ${value.description} |`],
  );
}

/** Helm adds `global`, which has no description, for charts that this one is a part of. */
function described({ properties = {} }: Schema): [string, Schema][] {
  return Object.entries(properties).filter(([, { description }]) => description !== undefined);
}

function hasValues(value: Schema): boolean {
  return value.default === undefined;
}

function comment(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    if (last !== undefined && `${indent}# ${longer}`.length <= WIDTH) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(word);
    }
  }
  return lines.map((line) => `${indent}# ${line}\n`).join('');
}
