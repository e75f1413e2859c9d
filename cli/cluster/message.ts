import { isKind } from '../../constructs/manifest/kinds';
import { HIDDEN } from './mask';
import type { KubernetesObject } from './object';

/** Shorter values would take words apart that are no secret. */
const SHORTEST = 4;

/** What the API says against an object, in one line and without the object's name, which is told beside it. */
export function messageOf(object: KubernetesObject, said = 'it says nothing'): string {
  return withoutValues([object], said)
    .replace(/^\S+ "[^"]*" is invalid: /, '')
    .replace(/^failed to create typed patch object \([^)]*\): /, '')
    .replaceAll(/\s*\n\s*/g, ' ');
}

/** What the API says against objects, without values that are secret or as long as a pod. */
export function withoutValues(objects: readonly KubernetesObject[], said: string): string {
  const short = said
    .replace(/Invalid value: (?:\{.*\}|\[.*\])(?=: )/gs, 'Invalid value')
    // of pods it shows how they would differ
    .replace(/\n@@ .*(?:\n[ +-].*)*/g, '');
  const values = objects.filter((object) => isKind(object, 'Secret')).flatMap(valuesOf);
  const clean = values.reduce((text, value) => text.replaceAll(value, HIDDEN), short);
  return /secret/i.test(clean)
    ? clean.replace(/Value:[^}]*\}/g, `Value:${HIDDEN}}`).replace(/Invalid value: "(?:[^"\\]|\\.)*"/g, 'Invalid value')
    : clean;
}

/** As they are written, and as they are in Base64 or out of it. */
function valuesOf(secret: KubernetesObject): string[] {
  const { data, stringData } = secret as { readonly data?: object; readonly stringData?: object };
  return [...Object.values(data ?? {}), ...Object.values(stringData ?? {})]
    .flatMap((value) => [
      `${value}`,
      Buffer.from(`${value}`, 'base64').toString(),
      Buffer.from(`${value}`).toString('base64'),
    ])
    .filter((value) => value.length >= SHORTEST);
}
