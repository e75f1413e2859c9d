import { secret } from '../cluster/kubectl';
import { placeOf, url } from '../runner/facts';
import { Browser, type Reply } from './http';

/** The post that every new site has. */
const FIRST_POST = '1';

/** Somebody who has logged in. */
export class WordPressUser {
  static async login(
    login: string,
    base = url('https', placeOf('wordpress', 'http')),
    password = secret('wordpress-users', login),
  ): Promise<WordPressUser> {
    const browser = new Browser(base);
    await browser.get('/wp-login.php');
    const form = { log: login, pwd: await password, 'wp-submit': 'Log In', redirect_to: '/wp-admin/', testcookie: '1' };
    const reply = await browser.post('/wp-login.php', form);
    const known = [...browser.cookies.keys()].some((name) => name.startsWith('wordpress_logged_in_'));
    if (reply.status !== 302 || !known) {
      const reason = /<div id="login_error"[^>]*>([\s\S]*?)<\/div>/.exec(reply.text)?.[1] ?? reply.text.slice(0, 200);
      throw new Error(`expected 302 and a session for '${login}', got ${reply.status}: ${textOf(reason)}`);
    }
    return new WordPressUser(browser);
  }

  private nonce?: string;

  private constructor(readonly browser: Browser) {}

  /** Writes a comment, and returns its id: from here on it must not be lost. */
  comment(text: string): Promise<number> {
    return postComment(this.browser, { comment: text });
  }

  async rest(method: string, path: string, body?: Buffer, headers: { [name: string]: string } = {}): Promise<Reply> {
    this.nonce ??= (await this.browser.get('/wp-admin/admin-ajax.php?action=rest-nonce')).text;
    return this.browser.request(method, `/index.php?rest_route=${path}`, {
      headers: { 'X-WP-Nonce': this.nonce, ...headers },
      body,
      seconds: 30,
    });
  }

  /** The comments whose text contains something, by their ids. */
  async comments(containing: string): Promise<Map<number, string>> {
    const found = new Map<number, string>();
    const states = ['approve', 'hold'];
    for (const state of states) {
      for (let page = 1, pages = 1; page <= pages; page++) {
        const query = `/wp/v2/comments&context=edit&per_page=100&page=${page}&status=${state}&search=${containing}`;
        const reply = await this.rest('GET', query);
        if (reply.status !== 200) {
          throw new Error(`expected 200 for the list of comments, got ${reply.status}: ${reply.text.slice(0, 300)}`);
        }
        pages = Number(reply.headers['x-wp-totalpages'] ?? 1);
        for (const { id, content } of JSON.parse(reply.text)) {
          found.set(id, content.raw);
        }
      }
    }
    return found;
  }

  async removeComments(containing: string): Promise<void> {
    for (const id of (await this.comments(containing)).keys()) {
      await this.rest('DELETE', `/wp/v2/comments/${id}&force=true`);
    }
  }
}

/** Writes a comment as somebody who is nobody in particular. */
export function commentAnonymously(text: string, base = url('https', placeOf('wordpress', 'http'))): Promise<number> {
  const author = { author: 'Passer-by', email: `${text.replace(/\W/g, '')}@example.org` };
  return postComment(new Browser(base), { comment: text, ...author });
}

async function postComment(browser: Browser, fields: { [field: string]: string }): Promise<number> {
  const reply = await browser.post('/wp-comments-post.php', {
    comment_post_ID: FIRST_POST,
    comment_parent: '0',
    submit: 'Post Comment',
    ...fields,
  });
  const id = /#comment-(\d+)/.exec(reply.headers.location ?? '')?.[1];
  if (reply.status !== 302 || id === undefined) {
    throw new Error(`expected 302 to the new comment, got ${reply.status}: ${textOf(reply.text).slice(0, 300)}`);
  }
  return Number(id);
}

function textOf(html: string): string {
  return html
    .replace(/<style[\s\S]*?<\/style>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
