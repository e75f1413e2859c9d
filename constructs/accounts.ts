import type { Credentials } from './credentials';
import type { Mount } from './volume';

/** Who may do what on a server. Its image makes the server agree at every start. */
export class Accounts {
  private readonly accounts: { name: string; database: string; privileges: string; credentials: Credentials }[] = [];

  public has(name: string): boolean {
    return this.accounts.some((account) => account.name === name);
  }

  /** @param database A database's name, or `*` for all. */
  public add(name: string, database: string, privileges: string, credentials: Credentials): void {
    this.accounts.push({ name, database, privileges, credentials });
  }

  /** The list that the image reads: account, database and privileges, separated by tabs. */
  public render(): string {
    return this.accounts.map(({ name, database, privileges }) => `${name}\t${database}\t${privileges}\n`).join('');
  }

  /** The names and passwords, each account in a folder of its own: of all, or of those with these privileges. */
  public mounts(privileges?: string[]): Mount[] {
    const wanted = this.accounts.filter((account) => privileges?.includes(account.privileges) ?? true);
    const logins = new Map(wanted.map(({ name, credentials }) => [name, credentials]));
    return [...logins].map(([name, credentials]) =>
      credentials._login(`/run/secrets/accounts/${name}`, `account-${name}`),
    );
  }
}

/** An account's name, for volumes and Secrets, from the name of what it is for. */
export function accountName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
