import { readFileSync } from 'node:fs';
import { Policy as LibraryPolicy, type ValidationContext } from '../constructs/policy/policy';
import { parseManifest } from './app/manifest';

/** The policy as cdk8s-cli loads it. The parser of cdk8s-cli takes as long as all the rest of a synth. */
export class Policy extends LibraryPolicy {
  protected override _parse(cli: Pick<ValidationContext, 'parseManifest'>, manifest: string): unknown[] {
    try {
      return parseManifest(readFileSync(manifest, 'utf8'));
    } catch {
      // what this parser refuses is judged as far as the other one reads it
      return super._parse(cli, manifest);
    }
  }
}
