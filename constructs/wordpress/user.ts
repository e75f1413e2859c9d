import type { IConstruct } from 'constructs';
import { isText, problem } from '../private/problems';

/** What a user of a site may do, as WordPress calls it ("Roles and Capabilities"). */
export enum WordPressRole {
  /** Does everything. */
  ADMINISTRATOR = 'administrator',
  /** Publishes and manages everybody's posts and pages. */
  EDITOR = 'editor',
  /** Publishes and manages own posts. */
  AUTHOR = 'author',
  /** Writes own posts, and does not publish them. */
  CONTRIBUTOR = 'contributor',
  /** Manages the own profile alone. */
  SUBSCRIBER = 'subscriber',
}

/** `user_login` of WordPress' table `wp_users` holds 60 characters. */
export const LOGIN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/;

/** A user of a site. */
export interface WordPressUser {
  /** The name to log in with: letters, digits, `-`, `_` and `.`, 60 at most. */
  readonly login: string;

  /**
   * The user's address. Nothing is sent to it.
   * @default - '<login>@example.org'
   */
  readonly email?: string;

  /**
   * What the user may do.
   * @default WordPressRole.SUBSCRIBER
   */
  readonly role?: WordPressRole;
}

/** Reports users that WordPress would refuse, and an admin who would be none. */
export function checkUsers(scope: IConstruct, admin: WordPressUser, users: WordPressUser[]): void {
  const seen = new Set<string>();
  for (const user of [admin, ...users]) {
    const { login, email, role } = user;
    if ('password' in user) {
      problem(
        scope,
        `user '${login}' has a 'password'; passwords are in no prop: leave it out, or pass 'userPasswords'`,
      );
    }
    if (!isText(LOGIN, login)) {
      problem(
        scope,
        `'login' of a user is '${login}'; use up to 60 letters, digits, '-', '_' and '.', a letter or digit first`,
      );
    } else if (seen.has(login.toLowerCase())) {
      problem(scope, `two users have the 'login' '${login}'; rename one of them`);
    }
    if (role !== undefined && !Object.values(WordPressRole).includes(role)) {
      problem(scope, `'role' of user '${login}' is '${role}'; use one of ${Object.values(WordPressRole).join(', ')}`);
    }
    if (email !== undefined && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
      problem(
        scope,
        `'email' of user '${login}' is '${email}', which is no address; use one such as 'ann@example.org'`,
      );
    }
    seen.add(`${login}`.toLowerCase());
  }
  if (admin.role !== undefined && admin.role !== WordPressRole.ADMINISTRATOR) {
    problem(
      scope,
      `'role' of the admin '${admin.login}' is '${admin.role}'; leave it out, or add another user for that`,
    );
  }
}
