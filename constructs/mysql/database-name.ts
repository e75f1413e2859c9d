import { type Accounts, accountName } from '../private/accounts';
import { isText } from '../private/problems';

const RESERVED = [
  ...['mysql', 'information_schema', 'performance_schema', 'sys', 'primary'],
  ...['root', 'monitor', 'backup', 'restore', 'replication'],
];

/** Why no database can be called so. */
export function mistakeIn(name: string, accounts: Accounts): string | undefined {
  const said = `database 'name' is '${name}'`;
  if (!isText(/^[A-Za-z]([A-Za-z0-9_]{0,46}[A-Za-z0-9])?$/, name)) {
    return `${said}; use up to 48 letters, digits and '_', a letter first and no '_' last`;
  }
  if (RESERVED.includes(name.toLowerCase())) {
    return `${said}, which the server keeps for itself; use another name`;
  }
  return accounts.has(accountName(name))
    ? `${said}, but the server already has one of that name, or one that differs only in case; use another name`
    : undefined;
}
