import {
  boolYaml11Tag,
  FAILSAFE_SCHEMA,
  floatCoreTag,
  floatYaml11Tag,
  intCoreTag,
  intYaml11Tag,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  nullYaml11Tag,
  Schema,
} from 'js-yaml';
import { itemsOf } from '../../constructs/manifest/lists';
import { isFields } from '../cluster/difference';
import type { KubernetesObject } from '../cluster/object';
import { Failure } from '../terminal/failure';

/** Of YAML 1.1 and 1.2, what kubectl reads: octal numbers as 0644 and 0o644, yes and on, but no times of the day and no dates. */
const SCHEMA = new Schema([
  ...FAILSAFE_SCHEMA.tags,
  nullYaml11Tag,
  boolYaml11Tag,
  either(intYaml11Tag, intCoreTag),
  either(floatYaml11Tag, floatCoreTag),
  mergeTag,
]);

type ScalarTag = typeof intYaml11Tag;

function either(old: ScalarTag, core: ScalarTag): ScalarTag {
  return {
    ...old,
    resolve: (source, ...more) => {
      if (source.includes(':')) {
        return NOT_RESOLVED;
      }
      const value = old.resolve(source, ...more);
      return value === NOT_RESOLVED ? core.resolve(source, ...more) : value;
    },
  };
}

/** The objects of a file, read as kubectl reads it. */
export function parseManifest(text: string): KubernetesObject[] {
  const documents = loadAll(text, { schema: SCHEMA, json: true }) as (KubernetesObject | null | undefined)[];
  return documents.filter((object) => object !== null && object !== undefined);
}

/** The objects of a file that an app wrote, those of lists too; a file that is not of objects is refused by its name. */
export function readManifest(file: string, text: string, again: string): KubernetesObject[] {
  const next = `fix what writes ${file}, then run: ${again}`;
  let documents: readonly KubernetesObject[];
  try {
    documents = parseManifest(text);
  } catch (error) {
    const [reason, ...details] = (error as Error).message.split('\n').filter((line) => line !== '');
    throw new Failure({ cause: `${file} is no YAML: ${reason}`, details, next });
  }
  const objects = documents.flatMap(opened);
  const faults = objects.flatMap((object, index) => {
    const missing = missingIn(object);
    return missing.length > 0 ? `object ${index + 1} has no ${missing.join(', no ')}` : [];
  });
  if (faults.length > 0) {
    throw new Failure({
      cause: `${file} has what is no object of Kubernetes: ${faults[0]}`,
      details: faults.slice(1),
      next,
    });
  }
  return objects;
}

/** The objects of lists, too. */
export function opened(object: KubernetesObject): readonly KubernetesObject[] {
  const items = itemsOf(object) as readonly KubernetesObject[] | undefined;
  return items?.flatMap(opened) ?? [object];
}

/** What each object has. */
function missingIn(object: unknown): string[] {
  const { apiVersion, kind, metadata } = isFields(object) ? object : {};
  return [
    ...(typeof apiVersion === 'string' ? [] : ['apiVersion']),
    ...(typeof kind === 'string' ? [] : ['kind']),
    ...(isFields(metadata) ? [] : ['metadata']),
  ];
}
