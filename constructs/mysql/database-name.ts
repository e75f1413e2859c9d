import { type Accounts, accountName } from '../private/accounts';
import { isText } from '../private/problems';

const RESERVED = [
  ...['mysql', 'information_schema', 'performance_schema', 'sys', 'primary'],
  ...['root', 'monitor', 'backup', 'restore', 'replication'],
];

/** Why no database can be called so, to follow its name in a sentence. */
export function mistakeIn(name: string, accounts: Accounts): string | undefined {
  if (!isText(/^[A-Za-z]([A-Za-z0-9_]{0,46}[A-Za-z0-9])?$/, name)) {
    return "; use up to 48 letters, digits and '_', a letter first and no '_' last";
  }
  if (RESERVED.includes(name.toLowerCase())) {
    return ', which the server keeps for itself; use another name';
  }
  return accounts.has(accountName(name))
    ? ', but the server already has one of that name, or one that differs only in case; use another name'
    : undefined;
}
