import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** The Kubernetes versions whose schemas are in `schemas/`, oldest first. scripts/vendor-schemas.py writes them. */
export const KUBERNETES_VERSIONS = ['1.28', '1.37'] as const;

export type KubernetesVersion = (typeof KUBERNETES_VERSIONS)[number];

/** The schemas that other projects publish for their custom resources, which go with every version. */
const CUSTOM = 'custom';

interface Bundle {
  /** The name in `$defs` of each kind, by `<apiVersion> <kind>`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly $defs: Readonly<Record<string, object>>;
}

type Validators = (typeName: string) => ValidateFunction | undefined;

const INT32_LIMIT = 2 ** 31;
const QUANTITY = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  byte: 'base64',
  int32: 'a 32-bit integer',
  quantity: "a quantity like '500m' or '1Gi'",
};

const loaded = new Map<string, Validators>();

/**
 * What the API server of a Kubernetes version would refuse in an object, one readable line per problem. None means
 * that the object has the published form of its kind: known fields only, of the right type, none missing.
 *
 * Objects are checked as written: a `null`, which the API server may take for a missing field, is a problem.
 */
export function schemaErrors(object: unknown, version: KubernetesVersion): string[] {
  if (!isRecord(object)) {
    return ['not a Kubernetes object: must be object'];
  }
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return ['not a Kubernetes object: apiVersion and kind are required'];
  }

  const label = `${kind}/${nameOf(object)}`;
  const typeName = `${apiVersion} ${kind}`;
  const validate = validatorsOf(version)(typeName) ?? validatorsOf(CUSTOM)(typeName);
  if (validate === undefined) {
    return [`${label}: there is no schema for ${apiVersion} ${kind} of Kubernetes ${version}`];
  }
  return validate(object) ? [] : (validate.errors ?? []).map((error) => `${label}: ${describeError(error, object)}`);
}

/** Reads a file of schemas once. Each kind is compiled when the first object of it is checked. */
function validatorsOf(file: string): Validators {
  const known = loaded.get(file);
  if (known !== undefined) {
    return known;
  }
  const bundle = JSON.parse(readFileSync(join(__dirname, 'schemas', `${file}.json`), 'utf8')) as Bundle;
  const ajv = new Ajv({
    strict: false,
    strictNumbers: true,
    allErrors: true,
    // The schemas are generated: checking them against the meta-schema would only cost time. So would optimizing the
    // code of validators that run a few times each.
    meta: false,
    validateSchema: false,
    code: { optimize: false },
    formats: {
      byte: isBase64,
      int32: { type: 'number', validate: (value: number) => value >= -INT32_LIMIT && value < INT32_LIMIT },
      quantity: (value: string) => QUANTITY.test(value.trim()),
      // Not checked: a JavaScript number cannot hold every int64, and a time is for the server to set.
      int64: true,
      double: true,
      'date-time': true,
    },
  });
  ajv.addSchema({ $defs: bundle.$defs }, file);

  const validators: Validators = (typeName) => {
    const definition = Object.hasOwn(bundle.kinds, typeName) ? bundle.kinds[typeName] : undefined;
    return definition === undefined ? undefined : ajv.getSchema(`${file}#/$defs/${definition}`);
  };
  loaded.set(file, validators);
  return validators;
}

function describeError(error: ErrorObject, object: unknown): string {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
  switch (error.keyword) {
    case 'additionalProperties':
      return `${readablePath([...path, error.params.additionalProperty], object)} is not a known field`;
    case 'required':
      return `${readablePath([...path, error.params.missingProperty], object)} is required`;
    case 'type':
      return `${readablePath(path, object)} must be ${[error.params.type].flat().join(' or ')}`;
    case 'format':
      return `${readablePath(path, object)} must be ${FORMAT_NAMES[error.params.format] ?? error.params.format}`;
    default:
      return `${readablePath(path, object)} ${error.message ?? `fails ${error.keyword}`}`;
  }
}

/** `spec.containers[0].image`, with the keys that are no plain names quoted: `metadata.labels["example.com/app"]`. */
function readablePath(path: readonly string[], object: unknown): string {
  let text = '';
  let value = object;
  for (const key of path) {
    if (Array.isArray(value)) {
      text += `[${key}]`;
    } else if (/^[A-Za-z_$][\w$-]*$/.test(key)) {
      text += text === '' ? key : `.${key}`;
    } else {
      text += `[${JSON.stringify(key)}]`;
    }
    value = isRecord(value) || Array.isArray(value) ? (value as Record<string, unknown>)[key] : undefined;
  }
  return text;
}

function nameOf(object: Record<string, unknown>): string {
  const { metadata } = object;
  return isRecord(metadata) && typeof metadata.name === 'string' ? metadata.name : '(unnamed)';
}

/** Whether Go would decode it: the standard alphabet, padded, in any number of lines. */
function isBase64(value: string): boolean {
  const text = value.replace(/[\r\n]/g, '');
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
