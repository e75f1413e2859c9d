import { readFileSync, writeFileSync } from 'node:fs';
import { Yaml } from 'cdk8s/lib/yaml';

/** The least that synth has to do: write objects that are there already, with the library that cdk8s uses. */
const [input = '', output = ''] = process.argv.slice(2);
const documents: object[] = JSON.parse(readFileSync(input, 'utf8'));
writeFileSync(output, Yaml.stringify(...documents));
