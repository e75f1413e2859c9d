import { WordPressRole, type WordPressUser } from './user';

/** `site.json`: the title, and the users that the setup makes where they are missing. */
export function siteFile(title: string, admin: WordPressUser, users: WordPressUser[]): string {
  const email = (user: WordPressUser) => user.email ?? `${user.login}@example.org`;
  const site = {
    title,
    admin: { login: admin.login, email: email(admin) },
    users: users.map((user) => ({
      login: user.login,
      email: email(user),
      role: user.role ?? WordPressRole.SUBSCRIBER,
    })),
  };
  return `${JSON.stringify(site, undefined, 2)}\n`;
}
