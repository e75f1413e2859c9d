#!/usr/bin/env python3
"""Regenerates __tests__/support/schemas/*.json, the schemas the tests validate objects against.

Run it from anywhere, in a virtual environment and with Go on the PATH, and commit what changes:

    python3 -m venv .build/venv
    .build/venv/bin/pip install kubernetes-validate==1.37.0
    .build/venv/bin/python scripts/vendor-schemas.py

Source: the OpenAPI definitions that Kubernetes publishes with each release (Copyright The Kubernetes Authors,
Apache License 2.0), as converted to JSON Schema (the "local-strict" variant, which refuses unknown fields) in the
Python package `kubernetes-validate` (Copyright Will Thames, Apache License 2.0). The version of the package is
pinned below: the same version always writes the same bytes. Each file holds only the kinds listed in KINDS and the
definitions they reach.

Changes made to the definitions on the way:
  - descriptions and `x-kubernetes-*` extensions are dropped;
  - the `null` that the conversion adds to the types is dropped again, as it is not in what Kubernetes publishes;
  - IntOrString and Quantity, which Kubernetes publishes as strings, are spelled out (see OVERRIDES);
  - objects without any field refuse unknown fields too (the conversion leaves them open).

To add a Kubernetes version, add it to VERSIONS and to KUBERNETES_VERSIONS in __tests__/support/schema.ts.

custom.json holds the kinds of custom resources, from the definitions (CRDs) that their projects publish in the Go
modules listed in CUSTOM (cert-manager, External Secrets, Sealed Secrets and the Gateway API, each Apache License
2.0). Beside the changes above, unknown fields are refused wherever the API server would refuse or drop them,
`metadata` is that of the newest Kubernetes, and `status`, which is for controllers to write, is left out.
"""

import json
import subprocess
import sys
from importlib import metadata, resources
from pathlib import Path

import yaml

PACKAGE = 'kubernetes-validate'
PACKAGE_VERSION = '1.37.0'

VERSIONS = ['1.28', '1.37']

KINDS = {
    'v1': [
        'ConfigMap',
        'LimitRange',
        'Namespace',
        'PersistentVolumeClaim',
        'Pod',
        'ResourceQuota',
        'Secret',
        'Service',
        'ServiceAccount',
    ],
    'apps/v1': ['DaemonSet', 'Deployment', 'StatefulSet'],
    'autoscaling/v2': ['HorizontalPodAutoscaler'],
    'batch/v1': ['CronJob', 'Job'],
    'networking.k8s.io/v1': ['Ingress', 'IngressClass', 'NetworkPolicy'],
    'policy/v1': ['PodDisruptionBudget'],
    'rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
}

# (module, version, file of the definition, version of the kind)
CUSTOM = [
    (
        'github.com/cert-manager/cert-manager',
        'v1.21.2',
        'deploy/crds/cert-manager.io_certificates.yaml',
        'v1',
    ),
    (
        'github.com/external-secrets/external-secrets',
        'v1.3.2',
        'config/crds/bases/external-secrets.io_externalsecrets.yaml',
        'v1',
    ),
    (
        'github.com/bitnami-labs/sealed-secrets',
        'v0.40.0',
        'helm/sealed-secrets/crds/bitnami.com_sealedsecrets.yaml',
        'v1alpha1',
    ),
    (
        'sigs.k8s.io/gateway-api',
        'v1.4.1',
        'config/crd/standard/gateway.networking.k8s.io_httproutes.yaml',
        'v1',
    ),
]

OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

OVERRIDES = {
    'io.k8s.apimachinery.pkg.api.resource.Quantity': {'type': ['string', 'number'], 'format': 'quantity'},
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {'type': ['string', 'integer']},
}

# Objects without listed fields that may hold anything. All others of that shape are empty structs.
FREE_FORM = {'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1'}

REF = '#/$defs/'
# Every keyword the definitions may use. Another one stops the script, so that none is lost without notice.
KEPT = {
    '$ref', 'additionalProperties', 'enum', 'format', 'items', 'maxItems', 'maxLength', 'maxProperties', 'maximum',
    'minItems', 'minLength', 'minProperties', 'minimum', 'pattern', 'properties', 'required', 'type',
}
DROPPED = {'description', 'default', 'nullable'}
PRESERVE = 'x-kubernetes-preserve-unknown-fields'

TARGET = Path(__file__).resolve().parent.parent / '__tests__' / 'support' / 'schemas'


def slim(schema, where):
    """A copy of a schema with only the keywords that validate."""
    out = {}
    for keyword, value in schema.items():
        if keyword in DROPPED or keyword.startswith('x-kubernetes-'):
            continue
        if keyword not in KEPT:
            sys.exit(f'{where}: unexpected keyword {keyword}')
        if keyword == 'properties':
            value = {name: slim(child, f'{where}.{name}') for name, child in value.items()}
        elif keyword == 'items' or (keyword == 'additionalProperties' and isinstance(value, dict)):
            value = slim(value, f'{where}.{keyword}')
        elif keyword == 'type' and isinstance(value, list):
            types = [name for name in value if name != 'null']
            value = types[0] if len(types) == 1 else types
        elif keyword == 'required':
            value = sorted(value)
        out[keyword] = value
    if 'properties' in out and out.get('additionalProperties') is not False and PRESERVE not in schema:
        sys.exit(f'{where}: does not refuse unknown fields')
    if out == {'type': 'object'} and where not in FREE_FORM:
        out['additionalProperties'] = False
    return out


def references(schema):
    """The names of the definitions that a schema refers to directly."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == '$ref' and isinstance(value, str):
                if not value.startswith(REF):
                    sys.exit(f'unexpected reference {value}')
                yield value[len(REF):]
            else:
                yield from references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from references(value)


def definition_of(api_version, kind, definitions):
    """The name of the one definition of a kind."""
    group, _, version = api_version.rpartition('/')
    wanted = {'group': group, 'kind': kind, 'version': version}
    found = [name for name, schema in definitions.items()
             if wanted in schema.get('x-kubernetes-group-version-kind', [])]
    if len(found) != 1:
        sys.exit(f'{api_version} {kind}: {len(found)} definitions')
    return found[0]


def definitions_of(version):
    source = f'kubernetes-json-schema/v{version}.0-local-strict/_definitions.json'
    text = resources.files('kubernetes_validate').joinpath(source).read_text(encoding='utf-8')
    return json.loads(text)['$defs']


def closure_of(names, definitions):
    """The definitions of those names, and all that they reach."""
    closure = {}
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in closure:
            closure[name] = OVERRIDES.get(name) or slim(definitions[name], name)
            pending.extend(references(closure[name]))
    return closure


def bundle(version):
    definitions = definitions_of(version)
    kinds = {f'{api_version} {kind}': definition_of(api_version, kind, definitions)
             for api_version, names in KINDS.items() for kind in names}
    return {
        '$comment': f'Generated by scripts/vendor-schemas.py from {PACKAGE} {PACKAGE_VERSION}; do not edit. '
                    f'Derived from the OpenAPI definitions published with Kubernetes {version}.0, '
                    'Copyright The Kubernetes Authors, Apache License 2.0; changes are listed in the script.',
        'kinds': kinds,
        '$defs': closure_of(kinds.values(), definitions),
    }


def closed(schema):
    """A copy of a custom resource's schema that refuses unknown fields, but where the API server keeps them."""
    if isinstance(schema, list):
        return [closed(child) for child in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get('properties'), dict) and schema.get('type') == 'object' and PRESERVE not in schema:
        out['additionalProperties'] = False
    return out


def module_folder(module, version):
    command = ['go', 'mod', 'download', '-json', f'{module}@{version}']
    return Path(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)['Dir'])


def custom_bundle():
    kinds = {}
    own = {}
    for module, module_version, file, version in CUSTOM:
        text = module_folder(module, module_version).joinpath(file).read_text(encoding='utf-8')
        spec = yaml.safe_load(text)['spec']
        [served] = [entry for entry in spec['versions'] if entry['name'] == version]
        schema = closed(served['schema']['openAPIV3Schema'])
        del schema['properties']['status']
        schema['properties']['metadata'] = {'$ref': REF + OBJECT_META}
        name = f"{spec['group']}.{version}.{spec['names']['kind']}"
        own[name] = slim(schema, name)
        kinds[f"{spec['group']}/{version} {spec['names']['kind']}"] = name
    sources = ', '.join(f'{module} {version}' for module, version, _, _ in CUSTOM)
    return {
        '$comment': f'Generated by scripts/vendor-schemas.py from {sources} (each Apache License 2.0) and, for metadata, '
                    f'from {PACKAGE} {PACKAGE_VERSION}; do not edit. Changes are listed in the script.',
        'kinds': kinds,
        '$defs': {**closure_of([OBJECT_META], definitions_of(VERSIONS[-1])), **own},
    }


def main():
    installed = metadata.version(PACKAGE)
    if installed != PACKAGE_VERSION:
        sys.exit(f'{PACKAGE} {installed} is installed, but {PACKAGE_VERSION} is pinned in this script')

    TARGET.mkdir(parents=True, exist_ok=True)
    bundles = {version: bundle(version) for version in VERSIONS}
    for name, content in {**bundles, 'custom': custom_bundle()}.items():
        text = json.dumps(content, separators=(',', ':'), sort_keys=True) + '\n'
        path = TARGET / f'{name}.json'
        path.write_bytes(text.encode('utf-8'))
        print(f"{path.name}: {len(content['kinds'])} kinds, {len(content['$defs'])} definitions, {len(text)} bytes")


if __name__ == '__main__':
    main()
