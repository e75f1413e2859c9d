// Regenerates __tests__/support/schemas/grafana.json, the schema that the tests validate dashboards against.
//
// Run it in a folder of its own, with Node.js 22 or newer, and commit what changes:
//
//     mkdir -p .build/grafana && cd .build/grafana
//     npm init -y && npm install @grafana/schema@13.1.3 ts-json-schema-generator@2.9.0
//     cp ../../scripts/vendor-grafana-schema.mjs . && node vendor-grafana-schema.mjs ../../__tests__/support/schemas
//
// Source: the types that Grafana publishes with each release for its dashboards and panels (`@grafana/schema`,
// Copyright Grafana Labs, Apache License 2.0), which it generates from its own CUE definitions. Here they become JSON
// Schema (draft 07) that refuses unknown fields. The options and field settings of a panel, which the dashboard's own
// type leaves open, are a schema each for the kinds of panels that our dashboards are made of.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';

const RAW = '@grafana/schema/dist/types/raw';
/** The panels by the type in their JSON, and what their folder is called; the last say whether fields have settings. */
const PANELS = {
  dashlist: ['dashboardlist', false],
  gauge: ['gauge', false],
  stat: ['stat', false],
  table: ['table', true],
  timeseries: ['timeseries', true],
};

function schemaOf(module, type) {
  writeFileSync(
    'root.ts',
    `import { ${type} as Type } from '${RAW}/${module}/x/types.gen';\nexport type Root = Type;\n`,
  );
  writeFileSync('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'esnext', moduleResolution: 'node' } }));
  const options = { path: 'root.ts', tsconfig: 'tsconfig.json', type: 'Root', skipTypeCheck: true };
  const { $schema: _, ...schema } = createGenerator({
    ...options,
    additionalProperties: false,
    expose: 'none',
    topRef: false,
    jsDoc: 'none',
  }).createSchema('Root');
  return schema;
}

const panels = Object.entries(PANELS).map(([type, [folder, hasSettings]]) => [
  type,
  {
    options: schemaOf(`composable/${folder}/panelcfg`, 'Options'),
    ...(hasSettings && { custom: schemaOf(`composable/${folder}/panelcfg`, 'FieldConfig') }),
  },
]);
const schema = { dashboard: schemaOf('dashboard', 'Dashboard'), panels: Object.fromEntries(panels) };
writeFileSync(join(process.argv[2] ?? '.', 'grafana.json'), `${JSON.stringify(schema, null, 1)}\n`);
