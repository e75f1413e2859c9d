import type { Construct } from 'constructs';
import { asset } from '../asset';
import { problem } from '../private/problems';

export interface ConfigFileProps {
  readonly settings: { readonly [variable: string]: string };
  readonly isReplicated: boolean;
}

/** The server variables of replication, which `replication.cnf` sets, or the image by the role of a server. */
const OF_REPLICATION = [
  'gtid_domain_id',
  'gtid_strict_mode',
  'innodb_flush_log_at_trx_commit',
  'log_bin',
  'log_slave_updates',
  'master_info_file',
  'read_only',
  'server_id',
  'slave_start',
  'sync_binlog',
];
/** Prefixes of a server variable: with them its name means the same variable. */
const PREFIXES = /^(loose_|skip_|disable_|enable_|maximum_)+/;

/** `my.cnf`: that of this package, and after it the user's settings, which override it. */
export function configFile(scope: Construct, { settings, isReplicated }: ConfigFileProps): string {
  const lines = Object.entries(settings).map(([variable, value]) => {
    if (!/^[a-z][a-z0-9_-]*$/.test(variable)) {
      problem(scope, `'settings' has '${variable}', which is no server variable; use MariaDB's own names`);
    }
    if (/[\n\r]/.test(value)) {
      problem(scope, `'settings' gives '${variable}' a value of several lines; use one`);
    }
    if (isReplicated && OF_REPLICATION.includes(variable.replaceAll('-', '_').replace(PREFIXES, ''))) {
      problem(scope, `'settings' has '${variable}', by which servers with 'readReplicas' are replicated; leave it out`);
    }
    return `${variable} = ${value}\n`;
  });
  const parts = [asset('mysql', 'my.cnf')];
  if (isReplicated) {
    parts.push(asset('mysql', 'replication.cnf'));
  }
  if (lines.length > 0) {
    parts.push(`[mariadbd]\n${lines.join('')}`);
  }
  return parts.join('\n');
}
