import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const CLI = join(__dirname, '../../cli');
const rooms = readdirSync(CLI, { withFileTypes: true }).filter((entry) => entry.isDirectory());

it.each(rooms.map(({ name }) => name))(
  'the room cli/%s/ says what it is, in a comment at the head of one file',
  (room) => {
    const texts = readdirSync(join(CLI, room), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFileSync(join(CLI, room, name), 'utf8'));
    expect(texts.filter((text) => text.startsWith(`// cli/${room}/: `))).toHaveLength(1);
  },
);
