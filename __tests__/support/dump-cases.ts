/** What a dump is read as: its statements, the database of the last one, or why it is refused. */
export interface DumpCase {
  readonly what: string;
  readonly dump: string | Buffer;
  readonly statements?: readonly string[];
  readonly database?: string;
  readonly refused?: RegExp;
}

const HEAD = '-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: blog\n';
const END = '-- Dump completed on 2026-01-01  0:00:00\n';
const ROW = "INSERT INTO `wp_a` VALUES (1,'x;\\'y')";
const KEEPS = '/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;\n';
const SETS_BACK = '/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;\n';
const keeps = KEEPS.trim().slice(0, -1);
const setsBack = SETS_BACK.trim().slice(0, -1);

export const DUMPS: readonly DumpCase[] = [
  { what: 'a dump of mysqldump', dump: `${HEAD}${ROW};\n${END}`, statements: [ROW], database: 'blog' },
  {
    what: 'a dump of mariadb-dump, which begins with its sandbox mode',
    dump: `/*M!999999\\- enable the sandbox mode */ \n${HEAD.replace('MySQL', 'MariaDB')}${ROW};\n${END}`,
    statements: [ROW],
  },
  {
    what: 'the same of an older one, without comments',
    dump: `/*!999999\\- enable the sandbox mode */ \n${ROW};\n`,
    statements: [ROW],
  },
  {
    what: 'a warning before it, with an apostrophe',
    dump: `Warning: A partial dump from a server that has GTIDs. If you don't want to restore GTIDs\n${HEAD}${ROW};\n${END}`,
    statements: [ROW],
  },
  {
    what: 'what no program that is known says before it',
    dump: `It's 3 o'clock\nand all is well\n${HEAD}${ROW};\n${END}`,
    statements: [ROW],
  },
  {
    what: 'a question for a password, and lines of a terminal',
    dump: `Enter password: \r\n${HEAD}${ROW};\n${END}`.replace(/\r?\n/g, '\r\n'),
    statements: [ROW],
    database: 'blog',
  },
  {
    what: 'a warning between statements, and one after the end',
    dump: `${HEAD}${ROW};\nmysqldump: [Warning] it isn't safe\n${ROW};\n${END}mysqldump: Couldn't say more`,
    statements: [ROW, ROW],
  },
  { what: 'words after its end', dump: `${HEAD}${ROW};\n${END}Exit code 2\n`, statements: [ROW] },
  { what: 'a mark of UTF-8', dump: `\u{feff}${ROW};\n`, statements: [ROW] },
  { what: 'no line feed at its end', dump: `${ROW};COMMIT;`, statements: [ROW, 'COMMIT'] },
  {
    what: 'triggers and routines between delimiters',
    dump: `DELIMITER ;;\nCREATE TRIGGER t BEGIN SELECT ';'; END ;;\nDELIMITER ;\n${ROW};\n`,
    statements: [ROW],
  },
  {
    what: 'comments of every kind',
    dump: `# one;\n--\n-- it's two;\n/* three; */ ${ROW};\n#end`,
    statements: [ROW],
  },
  {
    what: "phpMyAdmin's, which names its database in a comment",
    dump: `-- phpMyAdmin SQL Dump\n${KEEPS}-- Database: \`my blog\`\n${ROW};\n${SETS_BACK}`,
    statements: [keeps, ROW, setsBack],
    database: 'my blog',
  },
  {
    what: 'one that is cut off',
    dump: `${HEAD}${ROW};\n`,
    refused: /is cut off: it does not end with '-- Dump completed'/,
  },
  {
    what: "phpMyAdmin's, cut off between statements",
    dump: `-- phpMyAdmin SQL Dump\n${KEEPS}${ROW};\n`,
    refused: /is cut off: it does not set back/,
  },
  {
    what: 'one that is cut off in a statement',
    dump: `${ROW};\nINSERT INTO \`wp_a\` VALUES (1,'`,
    refused: /ends in the middle of a statement: INSERT/,
  },
  {
    what: 'UTF-16 of PowerShell',
    dump: Buffer.from(`\u{feff}${HEAD}${ROW};\n${END}`, 'utf16le'),
    refused: /is UTF-16.*result-file/,
  },
  { what: 'UTF-16 without its mark', dump: Buffer.from(`${HEAD}${ROW};\n${END}`, 'utf16le'), refused: /is UTF-16/ },
  { what: 'XML', dump: '<?xml version="1.0"?>\n<mysqldump>', refused: /is no SQL/ },
  { what: 'bzip2', dump: 'BZh91AY', refused: /packed with bzip2.*unpack it/ },
  { what: 'zip', dump: 'PK\x03\x04', refused: /packed with zip/ },
  { what: 'zstd', dump: Buffer.from('28b52ffd00', 'hex'), refused: /packed with zstd/ },
];

/** What a definition of another server becomes. */
export const DEFINITIONS: readonly { readonly what: string; readonly from: string; readonly to: string }[] = [
  {
    what: 'a collation of MySQL 8',
    from: 'a text COLLATE utf8mb4_0900_ai_ci',
    to: 'a text COLLATE utf8mb4_unicode_520_ci',
  },
  {
    what: 'one that tells cases apart',
    from: 'a text COLLATE utf8mb4_de_pb_0900_as_cs',
    to: 'a text COLLATE utf8mb4_bin',
  },
  { what: 'one that compares bytes', from: 'COLLATE=utf8mb4_0900_bin', to: 'COLLATE=utf8mb4_bin' },
  {
    what: 'its name in quotes',
    from: "COMMENT 'utf8mb4_0900_ai_ci ENGINE=MyISAM'",
    to: "COMMENT 'utf8mb4_0900_ai_ci ENGINE=MyISAM'",
  },
  { what: 'an engine', from: '(`a` int) ENGINE = MyISAM', to: '(`a` int) ENGINE=InnoDB' },
  { what: 'an engine in quotes', from: "(`a` int) ENGINE='Aria'", to: '(`a` int) ENGINE=InnoDB' },
  {
    what: 'engines of partitions',
    from: '(PARTITION a VALUES LESS THAN (1) ENGINE = MyISAM)',
    to: '(PARTITION a VALUES LESS THAN (1) ENGINE=InnoDB)',
  },
  { what: 'a format of rows', from: ') ENGINE=InnoDB ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8', to: ') ENGINE=InnoDB  ' },
  {
    what: "MySQL's parser of words",
    from: 'FULLTEXT KEY `t` (`t`) /*!50100 WITH PARSER `ngram` */ ,',
    to: 'FULLTEXT KEY `t` (`t`)  ,',
  },
  {
    what: 'the same outside a comment',
    from: 'FULLTEXT KEY `t` (`t`) WITH PARSER ngram,',
    to: 'FULLTEXT KEY `t` (`t`) ,',
  },
  {
    what: 'a folder of the old server',
    from: ") ENGINE=InnoDB DATA DIRECTORY='/mnt/x' COMMENT='a'",
    to: ") ENGINE=InnoDB  COMMENT='a'",
  },
  { what: 'a tablespace', from: ') /*!50100 TABLESPACE `t` */ ENGINE=InnoDB', to: ') /*!50100  */ ENGINE=InnoDB' },
  {
    what: 'a column of that name',
    from: '(`tablespace` varchar(9), `b` int)',
    to: '(`tablespace` varchar(9), `b` int)',
  },
  {
    what: 'tables of a merged one',
    from: ') ENGINE=MRG_MyISAM INSERT_METHOD=LAST UNION=(`a`,`b`)',
    to: ') ENGINE=InnoDB  ',
  },
  {
    what: 'a constraint and what it refers to',
    from: 'CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `wp_b` (`id`)',
    to: 'FOREIGN KEY (`a`) REFERENCES `import~wp_b` (`id`)',
  },
];

export const COUNTERS: readonly { readonly from: string; readonly to: string }[] = [
  {
    from: '(\n  `grp` int NOT NULL,\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  PRIMARY KEY (`grp`,`id`)\n)',
    to: '(KEY (`id`), \n  `grp` int NOT NULL,\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  PRIMARY KEY (`grp`,`id`)\n)',
  },
  {
    from: 'MODIFY `id` bigint NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=3',
    to: 'MODIFY `id` bigint NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=3, ADD KEY (`id`)',
  },
];

const BEDROCK = ['https://old.example.org', 'https://old.example.org/wp'];
const PLAIN = ['https://old.example.org'];
const at = (path: string) => [[`http://old.example.org${path}/2024/01/a.png`, '2024/01/a.png']];
const content = (path: string) =>
  Object.fromEntries(['uploads', 'plugins', 'themes'].map((kind) => [`${path}/${kind}`, `/wp-content/${kind}`]));

/** Where the files of a site were, by its addresses, its pictures and the name of the folder that came. */
export const FOLDERS: readonly {
  readonly what: string;
  readonly given: readonly [readonly string[], readonly string[][], string | null];
  readonly moved: { readonly [path: string]: string };
}[] = [
  { what: 'a plain site', given: [PLAIN, at('/wp-content/uploads'), 'wp-content'], moved: {} },
  { what: 'a plain site without files', given: [PLAIN, [], null], moved: {} },
  { what: 'a plain site of two names', given: [[...PLAIN, 'https://www.old.example.org'], [], null], moved: {} },
  { what: 'Bedrock, by its folder', given: [BEDROCK, [], 'app'], moved: content('/app') },
  { what: 'Bedrock, by its addresses', given: [BEDROCK, [], null], moved: content('/app') },
  { what: 'Bedrock, by its pictures', given: [BEDROCK, at('/app/uploads'), null], moved: content('/app') },
  { what: 'WordPress in a folder of its own', given: [BEDROCK, at('/wp/wp-content/uploads'), null], moved: {} },
  {
    what: 'another folder of uploads',
    given: [PLAIN, at('/files'), 'wp-content'],
    moved: { '/files': '/wp-content/uploads' },
  },
  {
    what: 'pictures elsewhere',
    given: [PLAIN, [['https://cdn.example.net/2024/a.png', '2024/a.png']], null],
    moved: {},
  },
];

export const LINKS: readonly { readonly from: string; readonly to: string }[] = [
  { from: '<img src="https://old.example.org/app/uploads/a.png">', to: '<img src="/wp-content/uploads/a.png">' },
  { from: '{"u":"https:\\/\\/old.example.org\\/app\\/plugins\\/x"}', to: '{"u":"\\/wp-content\\/plugins\\/x"}' },
  { from: 'u=https%3A%2F%2Fold.example.org%2Fapp%2Fuploads%2Fa', to: 'u=%2Fwp-content%2Fuploads%2Fa' },
  { from: 'https://old.example.org/app/uploads', to: '/wp-content/uploads' },
  { from: 'https://old.example.org/app/uploads-old/a', to: '/app/uploads-old/a' },
  { from: 'https://old.example.org/application/', to: '/application/' },
  { from: 'https://old.example.org/blog/app/uploads/a', to: '/blog/app/uploads/a' },
  {
    from: 's:46:"https://old.example.org/app/uploads/2024/a.png";',
    to: 's:30:"/wp-content/uploads/2024/a.png";',
  },
];

/** A program for PHP that prints what becomes of all of these, as JSON. The dumps come in pieces of each of the sizes. */
export function dumpProgram(library: string, sizes: readonly number[]): string {
  const cases = {
    dumps: DUMPS.map(({ dump }) => Buffer.from(dump).toString('base64')),
    definitions: DEFINITIONS.map(({ from }) => from),
    counters: COUNTERS.map(({ from }) => from),
    folders: FOLDERS.map(({ given }) => given),
    links: LINKS.map(({ from }) => from),
  };
  return `<?php
    function quoted(string $name): string { return "\`$name\`"; }
    foreach (['addresses', 'definition', 'folders', 'statements', 'text'] as $file) { require_once "${library}/$file.php"; }
    $cases = json_decode(base64_decode('${Buffer.from(JSON.stringify(cases)).toString('base64')}'), true);
    $read = static function (string $dump, int $size): array {
      $statements = new Statements();
      $all = [];
      try {
        foreach ($statements->in(Text::of(str_split($dump, $size))) as $statement) { $all[] = $statement; }
      } catch (Refusal $refusal) {
        return ['refused' => "{$refusal->getMessage()}; $refusal->remedy"];
      }
      return ['statements' => $all, 'database' => $statements->database];
    };
    foreach (${JSON.stringify(sizes)} as $size) {
      $dumps[] = array_map(static fn (string $dump) => $read(base64_decode($dump), $size), $cases['dumps']);
    }
    $links = new Addresses(['https://old.example.org'], '', ['/app/uploads' => '/wp-content/uploads', '/app/plugins' => '/wp-content/plugins']);
    echo json_encode([
      'dumps' => $dumps,
      'definitions' => array_map(static fn (string $text) => Definition::ofThisServer($text, 'import~'), $cases['definitions']),
      'counters' => array_map(Definition::withKeyOfCounter(...), $cases['counters']),
      'folders' => array_map(static fn (array $given) => (object) Folders::moved(...$given), $cases['folders']),
      'links' => array_map($links->rewrite(...), $cases['links']),
    ], JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);`;
}

export interface DumpResults {
  readonly dumps: readonly {
    readonly statements?: string[];
    readonly database?: string;
    readonly refused?: string;
  }[][];
  readonly definitions: readonly string[];
  readonly counters: readonly string[];
  readonly folders: readonly object[];
  readonly links: readonly string[];
}
