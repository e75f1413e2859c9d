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
import type { KubernetesObject } from '../kubernetes';

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
