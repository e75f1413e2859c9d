import type { Credentials } from '../credentials';
import type { Mount } from './volume';

export interface Account {
  readonly name: string;
  readonly database: string;
  readonly privileges: string;
  readonly credentials: Credentials;
}

/** Who may do what on a server. Its image makes the server agree at every start. */
export class Accounts {
  private readonly accounts: Account[] = [];

  public has(name: string): boolean {
    return this.accounts.some((account) => account.name === name);
  }

  /** @param database A database's name, or `*` for all. */
  public add(name: string, database: string, privileges: string, credentials: Credentials): void {
    this.accounts.push({ name, database, privileges, credentials });
  }

  /** By name and database: the server starts anew when its list changes, and not when a program's lines change places. */
  private get sorted(): Account[] {
    const key = ({ name, database }: Account) => `${name}\t${database}`;
    return [...this.accounts].sort((one, other) => (key(one) < key(other) ? -1 : 1));
  }

  /** The list that the image reads: account, database and privileges, separated by tabs. */
  public render(): string {
    return this.sorted.map(({ name, database, privileges }) => `${name}\t${database}\t${privileges}\n`).join('');
  }

  /** The names and passwords, each account in a folder of its own: of all, or of those that are wanted. */
  public mounts(wanted: (account: Account) => boolean = () => true): Mount[] {
    const logins = new Map(this.sorted.filter(wanted).map(({ name, credentials }) => [name, credentials]));
    return [...logins].map(
      ([name, credentials]) => credentials._login(`/run/secrets/accounts/${name}`, `account-${name}`).mount,
    );
  }
}

/** An account's name, for volumes and Secrets, from the name of what it is for. */
export function accountName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
