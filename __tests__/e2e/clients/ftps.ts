import { once } from 'node:events';
import * as net from 'node:net';
import { Readable } from 'node:stream';
import * as tls from 'node:tls';
import { secret } from '../cluster/kubectl';
import { type Place, placeOf } from '../runner/facts';

export const LOGIN = 'ftp';

export function password(): Promise<string> {
  return secret('ftps-users', LOGIN);
}

export interface Answer {
  readonly code: number;
  readonly text: string;
}

const TIMEOUT_MS = 15_000;

/** A client that shows what others hide: each command and each answer, with or without TLS. */
export class FtpClient {
  static async connect({ host, port }: Place): Promise<FtpClient> {
    const socket = net.connect({ host, port });
    const client = new FtpClient(host, socket);
    const hello = await client.answer();
    if (hello.code !== 220) {
      throw new Error(`expected 220 from ${host}:${port}, got ${hello.text}`);
    }
    return client;
  }

  /** A session that may transfer files. */
  static async login(place: Place = placeOf('ftps', 'ftp')): Promise<FtpClient> {
    const client = await FtpClient.connect(place);
    await client.secure();
    await client.expect(331, 'USER', LOGIN);
    await client.expect(230, 'PASS', await password());
    await client.expect(200, 'PBSZ', '0');
    await client.expect(200, 'PROT', 'P');
    await client.expect(200, 'TYPE', 'I');
    return client;
  }

  private received = '';
  private wake: () => void = () => {};
  private ended?: Error;
  private session?: Buffer;

  private constructor(
    private readonly host: string,
    private socket: net.Socket,
  ) {
    this.listen(socket);
  }

  async secure(options: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
    await this.expect(234, 'AUTH', 'TLS');
    this.socket.removeAllListeners('data');
    const secured = tls.connect({ rejectUnauthorized: false, ...options, socket: this.socket });
    secured.on('session', (session) => {
      this.session = session;
    });
    this.socket = secured;
    this.listen(secured);
    await once(secured, 'secureConnect');
    return secured;
  }

  async send(command: string, argument?: string): Promise<Answer> {
    this.socket.write(`${argument === undefined ? command : `${command} ${argument}`}\r\n`);
    return this.answer();
  }

  async expect(code: number, command: string, argument?: string): Promise<string> {
    const answer = await this.send(command, argument);
    if (answer.code !== code) {
      throw new Error(`expected ${code} to ${command}, got ${answer.text}`);
    }
    return answer.text;
  }

  /** Asks for a port of the range and returns it, with the address that is announced. */
  async passive(): Promise<{ host: string; port: number }> {
    const text = await this.expect(227, 'PASV');
    const numbers = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(text)?.slice(1).map(Number) ?? [];
    const [a, b, c, d, high = 0, low = 0] = numbers;
    return { host: [a, b, c, d].join('.'), port: high * 256 + low };
  }

  async extendedPassive(): Promise<{ host: string; port: number }> {
    const text = await this.expect(229, 'EPSV');
    return { host: this.host, port: Number(/\|\|\|(\d+)\|/.exec(text)?.[1]) };
  }

  /** What a command such as RETR sends by a data connection to a place that was asked for before. */
  async receive(command: string, argument: string, to: { host: string; port: number }): Promise<Buffer> {
    const data = await this.open(to, command, argument);
    const chunks: Buffer[] = [];
    data.on('data', (chunk: Buffer) => chunks.push(chunk));
    await finished(data, to);
    await this.complete(command);
    return Buffer.concat(chunks);
  }

  async store(
    name: string,
    content: Buffer | AsyncIterable<Buffer>,
    to: { host: string; port: number },
  ): Promise<void> {
    const data = await this.open(to, 'STOR', name);
    data.resume();
    Readable.from(content).pipe(data);
    await finished(data, to);
    await this.complete('STOR');
  }

  close(): void {
    this.socket.destroy();
  }

  private async open({ host, port }: { host: string; port: number }, command: string, argument: string) {
    const plain = net.connect({ host, port, timeout: TIMEOUT_MS });
    plain.on('timeout', () => plain.destroy(new Error(`no data connection to ${host}:${port} in time`)));
    await once(plain, 'connect');
    const answer = await this.send(command, argument);
    if (answer.code !== 150 && answer.code !== 125) {
      plain.destroy();
      throw new Error(`expected 150 to ${command}, got ${answer.text}`);
    }
    const data = tls.connect({ socket: plain, rejectUnauthorized: false, session: this.session });
    await once(data, 'secureConnect');
    return data;
  }

  private async complete(command: string): Promise<void> {
    const { code, text } = await this.answer();
    if (code !== 226) {
      throw new Error(`expected 226 after ${command}, got ${text}`);
    }
  }

  private listen(socket: net.Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString();
      this.wake();
    });
    const end = (error?: Error) => {
      this.ended ??= error ?? new Error('the server ended the session');
      this.wake();
    };
    socket.on('error', end);
    socket.on('close', () => end());
  }

  private async answer(): Promise<Answer> {
    const deadline = Date.now() + TIMEOUT_MS;
    while (Date.now() < deadline) {
      const found = /^(\d{3}) [^\r\n]*\r?\n/m.exec(this.received);
      if (found) {
        const text = this.received.slice(0, found.index + found[0].length).trim();
        this.received = this.received.slice(found.index + found[0].length);
        return { code: Number(found[1]), text };
      }
      if (this.ended) {
        return { code: 0, text: `nothing: ${this.ended.message}` };
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    throw new Error(`expected an answer within ${TIMEOUT_MS / 1000} s, got none`);
  }
}

async function finished(data: net.Socket, { host, port }: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    data.on('close', () => resolve());
    data.on('error', (error) => reject(new Error(`data connection to ${host}:${port}: ${error.message}`)));
  });
}
