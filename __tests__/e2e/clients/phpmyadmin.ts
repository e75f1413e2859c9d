import { secret } from '../cluster/kubectl';
import { type Browser, fieldOf } from './http';

/** Somebody who has logged in to phpMyAdmin. */
export class PhpMyAdminUser {
  /** Logs in by the form at `path`, as the owner of WordPress's database unless told otherwise. */
  static async login(
    browser: Browser,
    path = '/',
    owner?: { user: string; password: string },
  ): Promise<PhpMyAdminUser> {
    const page = await browser.get(path);
    if (page.status !== 200) {
      throw new Error(`expected 200 for the page to log in, got ${page.status}: ${page.text.slice(0, 200)}`);
    }
    const { user, password } = owner ?? {
      user: await secret('mysql-wordpress', 'username'),
      password: await secret('mysql-wordpress', 'password'),
    };
    const form = {
      pma_username: user,
      pma_password: password,
      server: '1',
      token: fieldOf(page.text, 'token') ?? '',
      set_session: fieldOf(page.text, 'set_session') ?? '',
      lang: 'en',
    };
    const reply = await browser.post(`${path}index.php?route=/`, form);
    const home = await browser.get(`${path}index.php?route=/`);
    const known = /logged_in:\s*true/.test(home.text) || /"?logged_in"?\s*:\s*true/.test(home.text);
    if (reply.status !== 302 || !known) {
      const reason = /<div class="alert alert-danger"[^>]*>([\s\S]*?)<\/div>/.exec(reply.text)?.[1] ?? '';
      const plain = reason.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
      throw new Error(`expected 302 and a session for '${user}', got ${reply.status} (logged in: ${known}) ${plain}`);
    }
    return new PhpMyAdminUser(browser, path, fieldOf(home.text, 'token') ?? tokenOf(home.text), reply.headers.location);
  }

  private constructor(
    readonly browser: Browser,
    private readonly path: string,
    private readonly token: string,
    /** Where the browser was sent after the login. */
    readonly sentTo: string | undefined,
  ) {}

  /** The page that shows what a query finds. */
  async query(sql: string, database = 'wordpress', table = 'wp_comments'): Promise<string> {
    const form = { db: database, table, sql_query: sql, token: this.token, server: '1', ajax_request: 'true' };
    const reply = await this.browser.post(`${this.path}index.php?route=/sql`, form);
    const answer = reply.status === 200 ? JSON.parse(reply.text) : {};
    if (!answer.success) {
      const reason = `${answer.error ?? reply.text}`.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
      throw new Error(`expected the rows of '${sql}', got ${reply.status}: ${reason.slice(0, 300)}`);
    }
    return answer.message;
  }
}

function tokenOf(html: string): string {
  return /token:\s*"([^"]+)"/.exec(html)?.[1] ?? /"token":"([^"]+)"/.exec(html)?.[1] ?? '';
}
