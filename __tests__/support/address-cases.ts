/** A value in the database of a site at https://old.example.org, and what becomes of it. */
export interface AddressCase {
  readonly what: string;
  readonly value: string;
  /** With the new address https://new.example.com:8443. */
  readonly moved: string;
  /** Without one. */
  readonly relative: string;
}

/** As PHP's serialize() writes a text. */
const text = (value: string) => `s:${Buffer.byteLength(value)}:"${value}";`;

const OLD = 'https://old.example.org';
const NEW = 'https://new.example.com:8443';
const nested = (to: string) => `a:2:{${text('url')}${text(`${to}/ü`)}i:1;a:1:{i:0;${text(`${to}/b`)}}}`;
const kept = (what: string, value: string): AddressCase => ({ what, value, moved: value, relative: value });
const each = (what: string, of: (to: string) => string): AddressCase => ({
  what,
  value: of(OLD),
  moved: of(NEW),
  relative: of(''),
});
const escaped = (of: string, slash: string) => of.replaceAll('/', slash);

export const CASES: readonly AddressCase[] = [
  each('a link', (to) => `<a href="${to}/about/">`),
  { what: 'a bare address', value: `"${OLD}"`, moved: `"${NEW}"`, relative: '"/"' },
  { what: 'a query', value: `${OLD}?p=1`, moved: `${NEW}?p=1`, relative: '/?p=1' },
  { what: 'two slashes', value: `${OLD}//x`, moved: `${NEW}//x`, relative: '/x' },
  { what: 'the end of a sentence', value: `see ${OLD}.`, moved: `see ${NEW}.`, relative: 'see /.' },
  each('several', (to) => `${to}/a ${to}/b`),
  {
    what: 'another scheme and case',
    value: 'HTTP://Old.Example.org/x',
    moved: `${NEW}/x`,
    relative: '/x',
  },
  {
    what: 'a link without a scheme',
    value: '<img src="//old.example.org/i.png">',
    moved: '<img src="//new.example.com:8443/i.png">',
    relative: '<img src="/i.png">',
  },
  each('JSON', (to) => `{"url":"${escaped(`${to}/i.png`, '\\/')}"}`),
  each('JSON in JSON', (to) => `{"a":"{\\"url\\":\\"${escaped(`${to}/i.png`, '\\\\\\/')}\\"}"}`),
  each('a URL in a URL', (to) => `https://t.example.net/?u=${encodeURIComponent(`${to}/a`)}&x=1`),
  each('a URL in a URL, twice', (to) => `?u=${encodeURIComponent(encodeURIComponent(`${to}/a`))}`),
  each('what PHP serialized', (to) => text(`${to}/a`)),
  each('nested in what PHP serialized', nested),
  each('serialized twice', (to) => text(nested(to))),
  each('serialized thrice', (to) => `a:1:{i:0;${text(text(nested(to)))}}`),
  each('a key of what PHP serialized', (to) => `a:1:{${text(`${to}/a`)}b:1;}`),
  each('an object', (to) => `O:8:"stdClass":2:{${text('a')}${text(`${to}/a`)}${text('b')}R:2;}`),
  each('an object of a class that nobody has', (to) => `O:7:"Missing":1:{${text('\0*\0a')}${text(`${to}/a`)}}`),
  each(
    'an object that serializes itself',
    (to) => `C:11:"ArrayObject":${Buffer.byteLength(nested(to))}:{${nested(to)}}`,
  ),
  each(
    'an enumeration, a number and null',
    (to) => `a:4:{i:0;E:6:"Foo:Ab";i:1;d:1.0E+25;i:2;N;i:3;${text(`${to}/a`)}}`,
  ),
  each('a semicolon and quotes within', (to) => `a:1:{i:0;${text(`";i:1;s:3:"${to}/a";}`)}}`),
  each('a space after', (to) => `${text(`${to}/a`)}\n`),
  each('what looks serialized', (to) => `s:5:"${to}/a"`),
  kept('another host', 'https://old.example.org.evil.net/ https://very-old.example.org/ https://old.example.orgs/'),
  kept('another port', 'https://old.example.org:8080/'),
  kept('a subdomain', 'https://www.old.example.org/'),
  kept('mail', 'ann@old.example.org'),
  kept('another protocol', 'ftp://old.example.org/'),
];

/** A program for PHP that rewrites the values of `CASES`, and prints them as JSON: all moved, then all relative. */
export function program(library: string): string {
  const values = Buffer.from(JSON.stringify(CASES.map(({ value }) => value))).toString('base64');
  return `<?php require '${library}/addresses.php';
    $values = json_decode(base64_decode('${values}'));
    foreach (['${NEW}', ''] as $new) {
      $addresses = new Addresses(['${OLD}'], $new);
      $all[] = array_map($addresses->rewrite(...), $values);
    }
    echo json_encode($all, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);`;
}
