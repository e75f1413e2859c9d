import { spawn } from 'node:child_process';
import { closeSync, createReadStream, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { EXIT_USAGE, Failure } from '../terminal/failure';

const PACKED: readonly { readonly magic: string; readonly name: string }[] = [
  { magic: '504b0304', name: 'zip' },
  { magic: '425a68', name: 'bzip2' },
  { magic: 'fd377a585a00', name: 'xz' },
  { magic: '28b52ffd', name: 'zstd' },
];
const GZIP = '1f8b';
const PIECE = 256 * 1024;

/** Refuses what is not there, empty, or packed in a way that is not read here. */
export function checkSource(option: string, path: string, folders: boolean): void {
  const refuse = (cause: string, next: string) => {
    throw new Failure({ cause: `${option} is '${path}', ${cause}`, next, exitCode: EXIT_USAGE });
  };
  if (!existsSync(path)) {
    refuse('which does not exist', `look for it: ls ${option === '--database' ? '*.sql*' : '-d */'}`);
  }
  if (statSync(path).isDirectory()) {
    if (!folders) {
      refuse('which is a folder', 'name the dump, a file such as dump.sql; several make one, structure first, by cat');
    }
    if (readdirSync(path).length === 0) {
      refuse('which is empty', "name the site's wp-content, or its uploads");
    }
    return;
  }
  const begin = beginningOf(path);
  if (begin === '') {
    refuse('which is empty', 'make it again');
  }
  if (path.endsWith('.wpress')) {
    refuse(
      'which is an archive of All-in-One WP Migration',
      "unpack it ('npx wpress-extract'), and name its database.sql and its folder",
    );
  }
  const packed = PACKED.find(({ magic }) => begin.startsWith(magic));
  if (packed) {
    refuse(`which is packed with ${packed.name}`, `unpack it, and name ${folders ? 'the folder' : 'the file'} instead`);
  }
}

/** Writes a file, or a folder as an archive of tar, in pieces, each after its length; a length of 0 says that it is all. */
export async function feed(path: string, into: Writable, onBytes: (bytes: number) => void): Promise<void> {
  let bytes = 0;
  async function* pieces(): AsyncGenerator<Buffer> {
    for await (const piece of open(path)) {
      bytes += piece.length;
      onBytes(bytes);
      yield Buffer.concat([Buffer.from(`${piece.length}\n`), piece]);
    }
    yield Buffer.from('0\n');
  }
  await pipeline(Readable.from(pieces()), into, { end: false });
}

async function* open(path: string): AsyncGenerator<Buffer> {
  if (statSync(path).isDirectory()) {
    yield* archive(path);
    return;
  }
  const file = createReadStream(path, { highWaterMark: PIECE });
  if (!beginningOf(path).startsWith(GZIP)) {
    yield* file;
    return;
  }
  const unpacked = createGunzip({ chunkSize: PIECE });
  file.on('error', (error) => unpacked.destroy(error));
  try {
    yield* file.pipe(unpacked);
  } catch (error) {
    throw new Failure({ cause: `${path} is damaged: ${(error as Error).message}`, next: 'copy it here again' });
  }
}

async function* archive(folder: string): AsyncGenerator<Buffer> {
  // macOS would add a file of attributes to each file
  const env = { ...process.env, COPYFILE_DISABLE: '1' };
  const tar = spawn('tar', ['-C', folder, '-cf', '-', '.'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  tar.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const ended = new Promise<string>((resolve) => {
    tar.on('error', ({ message }) => resolve(message));
    tar.on('close', (code) => resolve(code === 0 ? '' : said.trim() || `tar ended with ${code}`));
  });
  let isRead = false;
  try {
    yield* tar.stdout;
    isRead = true;
  } finally {
    // what has written everything ends by itself, a moment later
    if (!isRead) {
      tar.kill();
    }
  }
  const wrong = await ended;
  if (wrong !== '') {
    throw new Failure({
      cause: `${folder} cannot be read: ${wrong.split('\n')[0]}`,
      next: `tar -cf /dev/null ${folder}`,
    });
  }
}

function beginningOf(path: string): string {
  const begin = Buffer.alloc(8);
  const file = openSync(path, 'r');
  try {
    return begin.subarray(0, readSync(file, begin, 0, 8, 0)).toString('hex');
  } finally {
    closeSync(file);
  }
}
