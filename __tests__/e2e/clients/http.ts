import * as http from 'node:http';
import * as https from 'node:https';

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

export interface RequestOptions {
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | Buffer;
  readonly seconds?: number;
}

export interface BrowserOptions {
  /** The authority to trust. Without it no certificate is checked. */
  readonly ca?: string;
  /** The name to expect in the certificate, where the URL has only an address. */
  readonly servername?: string;
}

/** A client with cookies, which follows no redirect by itself and opens a connection for each request. */
export class Browser {
  readonly cookies = new Map<string, string>();

  constructor(
    readonly base: string,
    private readonly options: BrowserOptions = {},
  ) {}

  get(path: string, options?: RequestOptions): Promise<Reply> {
    return this.request('GET', path, options);
  }

  /** Posts a form, as a browser does. */
  post(path: string, form: { [field: string]: string }, options: RequestOptions = {}): Promise<Reply> {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', ...options.headers };
    return this.request('POST', path, { ...options, headers, body: new URLSearchParams(form).toString() });
  }

  request(method: string, path: string, { headers, body, seconds = 15 }: RequestOptions = {}): Promise<Reply> {
    const target = new URL(path, `${this.base}/`);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const options: https.RequestOptions = {
      method,
      agent: false,
      headers: {
        ...(cookie && { Cookie: cookie }),
        ...(body !== undefined && { 'Content-Length': `${Buffer.byteLength(body)}` }),
        ...headers,
      },
      timeout: seconds * 1000,
      ...(target.protocol === 'https:' && this.tls()),
    };
    return new Promise((resolve, reject) => {
      const client = target.protocol === 'https:' ? https : http;
      const request = client.request(target, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          this.remember(response.headers['set-cookie'] ?? []);
          const content = Buffer.concat(chunks);
          const { statusCode: status = 0, headers: received } = response;
          resolve({ status, headers: received, body: content, text: content.toString() });
        });
      });
      request.on('timeout', () => request.destroy(new Error(`${method} ${target.href}: nothing for ${seconds} s`)));
      request.on('error', (error) => reject(new Error(`${method} ${target.href}: ${error.message}`)));
      request.end(body);
    });
  }

  /** Follows redirects to where they end, on whatever host. */
  async follow(path: string): Promise<Reply & { readonly url: string }> {
    let target = new URL(path, `${this.base}/`);
    for (let hops = 0; hops < 6; hops++) {
      const reply = await this.get(target.href);
      const { location } = reply.headers;
      if (reply.status < 300 || reply.status > 399 || !location) {
        return { ...reply, url: target.href };
      }
      target = new URL(location, target);
    }
    throw new Error(`${path} redirects without end, last to ${target.href}`);
  }

  private tls(): https.RequestOptions {
    const { ca, servername } = this.options;
    return { ca, servername, rejectUnauthorized: ca !== undefined };
  }

  private remember(lines: string[]): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';');
      const split = pair.indexOf('=');
      const name = pair.slice(0, split).trim();
      const age = attributes.map((text) => /^\s*max-age=(-?\d+)/i.exec(text)?.[1]).find((found) => found !== undefined);
      if (age !== undefined && Number(age) <= 0) {
        this.cookies.delete(name);
      } else {
        this.cookies.set(name, pair.slice(split + 1).trim());
      }
    }
  }
}

/** The value of a field of a form in a page. */
export function fieldOf(html: string, name: string): string | undefined {
  const tag = html.match(new RegExp(`<input[^>]*name="${name}"[^>]*>`))?.[0];
  return tag && /value="([^"]*)"/.exec(tag)?.[1];
}
