import type { Mount } from './volume';

/** Files of a Secret in a folder of a container, each under a key of its own. */
export class SecretFiles<K extends string> {
  constructor(
    public readonly secretName: string,
    /** The folder. */
    public readonly mount: Mount,
  ) {}

  /** Where the container finds one of them. */
  public path(key: K): string {
    return `${this.mount.path}/${key}`;
  }
}

/** The name and the password of a user. */
export type Login = SecretFiles<'username' | 'password'>;
