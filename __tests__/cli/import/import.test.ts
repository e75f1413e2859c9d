import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SCRIPTS, type Stage, stage, WEB } from '../../support/stage';

const READY = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
const labels = { 'app.kubernetes.io/name': 'wordpress', 'app.kubernetes.io/instance': 'blog' };
const BLOG = { ...WEB, metadata: { ...WEB.metadata, name: 'blog', labels }, status: READY };
const POD = {
  kind: 'Pod',
  metadata: { name: 'blog-1', namespace: 'shop' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};
const DUMP = '-- a dump\nINSERT INTO x VALUES (1);\n';

/** What the program in the pod does with a dump or an archive: keeps its lines, up to the length of 0. */
const RECEIVE = 'while read -r line; do echo "$line" >>"$CALLS/received"; [ "$line" = 0 ] && break; done';

/** kubectl for a site 'blog', where the program in the pod answers by the scripts given. */
function site(answers: { readonly [command: string]: string } = {}): Stage {
  const { check = ':', content = RECEIVE, database = RECEIVE, finish = ':' } = answers;
  const made = stage({
    kubectl: `case "$*" in
      *'get deployments '*) cat "$CALLS/../blog.json" ;;
      *'get pods'*) cat "$CALLS/../pods.json" ;;
      *'get deployments.apps'*) cat "$CALLS/../blog.json" ;;
      *'exec '*' check') ${check} ;;
      *'exec '*' content') ${content} ;;
      *'exec '*' database') ${database} ;;
      *'exec '*' finish') ${finish} ;;
      *'get services '*) echo '{"items":[]}' ;;
      *) ${SCRIPTS.kubectl} ;;
    esac`,
  });
  made.has(BLOG);
  writeFileSync(join(made.folder, 'blog.json'), JSON.stringify({ items: [BLOG] }));
  writeFileSync(join(made.folder, 'pods.json'), JSON.stringify({ items: [POD] }));
  writeFileSync(join(made.folder, 'dump.sql'), DUMP);
  return made;
}

const commandsOf = (made: Stage) =>
  made
    .calls('kubectl')
    .split('\n')
    .filter((line) => /wordpress-import|rollout restart/.test(line))
    .map((line) => line.replace(/^.*(wordpress-import --run=)\S+/, '$1…').replace(/^.*rollout/, 'rollout'));

describe('cdk8s-services import', () => {
  it('checks, loads beside, exchanges and restarts, in this order, and says what the site has become', async () => {
    const blog = site({ database: `${RECEIVE}; echo '3 tables'`, finish: "echo 'these users can log in: ann'" });
    writeFileSync(join(blog.folder, 'content.tar'), 'no\n');
    const args = [
      '--uploads',
      'content.tar',
      '--old-url',
      'https://www.old.example.org/',
      '--old-url',
      'http://o.example',
    ];
    const { code, stdout, stderr } = await blog.run('import', 'blog', '--database', 'dump.sql', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(commandsOf(blog)).toEqual([
      'wordpress-import --run=… check',
      'wordpress-import --run=… content',
      'wordpress-import --run=… --old-url=https://www.old.example.org --old-url=http://o.example database',
      'wordpress-import --run=… --content finish',
      'rollout restart deployment/blog',
    ]);
    expect(stdout).toMatch(/\n3 tables\nthese users can log in: ann\n$/);
  });

  it('sends a dump whole, after its length, packed with gzip or not', async () => {
    for (const name of ['dump.sql', 'dump.sql.gz']) {
      const blog = site();
      writeFileSync(
        join(blog.folder, 'dump.sql.gz'),
        Buffer.concat([gzipSync('-- a dump\n'), gzipSync(DUMP.slice(10))]),
      );
      expect((await blog.run('import', 'blog', '--database', name)).code).toBe(0);
      expect(blog.calls('received').replace(/^\d+\n/gm, '')).toBe(DUMP);
      expect(blog.calls('received')).toMatch(/^\d+\n[\s\S]*\n0\n$/);
    }
  });

  it('exchanges nothing when the dump is damaged, and never says that it was all', async () => {
    const blog = site();
    writeFileSync(join(blog.folder, 'dump.sql.gz'), gzipSync(DUMP).subarray(0, -6));
    const { code, stderr } = await blog.run('import', 'blog', '--database', 'dump.sql.gz');
    expect(code).toBe(1);
    expect(stderr).toContain("import failed at 'load database': dump.sql.gz is damaged: unexpected end of file");
    expect(blog.calls('received')).not.toMatch(/^0$/m);
    expect(commandsOf(blog).join()).not.toContain('finish');
  });

  it('exchanges nothing when the program in the pod fails, and says why it does', async () => {
    const says = "echo '2026-01-01T00:00:00Z error wordpress-import: the dump is cut off' >&2; exit 1";
    const blog = site({ database: `${RECEIVE}; ${says}` });
    const { code, stderr } = await blog.run('import', 'blog', '--database', 'dump.sql');
    expect(code).toBe(1);
    expect(stderr).toBe(
      "\nimport failed at 'load database': the dump is cut off\nnext: npm run import -- blog --database dump.sql\n",
    );
    expect(commandsOf(blog).join()).not.toContain('finish');
  });

  it('says what to do about a dump that is refused', async () => {
    const says = (text: string) => `echo '2026-01-01T00:00:00Z ${text}' >&2`;
    const refusal = says('error wordpress-import: the dump is of a newer WordPress');
    const remedy = says('info wordpress-import: next: add --take-newer');
    const blog = site({ database: `${RECEIVE}; ${refusal}; ${remedy}; exit 65` });
    const { code, stderr } = await blog.run('import', 'blog', '--database', 'dump.sql');
    expect(code).toBe(1);
    expect(stderr).toBe(
      "\nimport failed at 'load database': the dump is of a newer WordPress\n" +
        'next: add --take-newer, then run: npm run import -- blog --database dump.sql\n',
    );
    expect(commandsOf(blog).join()).not.toContain('finish');
  });

  it('passes on which database is meant, and that a newer one is taken', async () => {
    const blog = site();
    const args = ['--prefix', 'a_', '--old-database', 'two', '--take-newer'];
    expect((await blog.run('import', 'blog', '--database', 'dump.sql', ...args)).code).toBe(0);
    expect(commandsOf(blog)).toContain('wordpress-import --run=… --prefix=a_ --old-database=two --take-newer database');
  });

  it('says what a folder of files is called, and nothing of an archive', async () => {
    const blog = site({ content: ':' });
    mkdirSync(join(blog.folder, 'web/app/uploads'), { recursive: true });
    symlinkSync('/bin/tar', join(blog.folder, 'bin/tar'));
    expect((await blog.run('import', 'blog', '--database', 'dump.sql', '--uploads', 'web/app/')).code).toBe(0);
    expect(commandsOf(blog)).toContain('wordpress-import --run=… --folder=app content');
  });

  it('does not replace a site that has content, unless it is told to', async () => {
    const blog = site({
      check: `case "$*" in *--replace*) ;; *) echo 'Z error wordpress-import: the site has 4 posts' >&2; exit 3 ;; esac`,
    });
    const refused = await blog.run('import', 'blog', '--database', 'dump.sql');
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain("'check site': the site has 4 posts; an import replaces all of it\n");
    expect(refused.stderr).toContain('next: if you mean it: npm run import -- blog --database dump.sql --replace\n');
    expect((await blog.run('import', 'blog', '--database', 'dump.sql', '--replace')).code).toBe(0);
  });

  it('ends at Ctrl-C without exchanging anything', async () => {
    const blog = site({
      database: 'echo "Z info wordpress-import: loading" >&2; while read -r line; do :; done; sleep 60',
    });
    const { child, result, said } = blog.start('import', 'blog', '--database', 'dump.sql');
    await said('load database: loading');
    child.kill('SIGINT');
    const { code, stderr } = await result;
    expect(code).toBe(130);
    expect(stderr).toContain("import interrupted at 'load database'\nnext: npm run import -- blog --database dump.sql");
    expect(commandsOf(blog).join()).not.toContain('finish');
  });

  it('names the sites that there are, when there is none of that name', async () => {
    const { code, stderr } = await site().run('import', 'shop', '--database', 'dump.sql');
    expect(code).toBe(64);
    expect(stderr).toContain("there is no WordPress 'shop'\nnext: use one of: blog in shop\n");
  });

  it.each([
    ['no.sql', [], "--database is 'no.sql', which does not exist"],
    ['.', [], "--database is '.', which is a folder"],
    ['empty.sql', [], "--database is 'empty.sql', which is empty"],
    ['dump.zip', [], "--database is 'dump.zip', which is packed with zip\nnext: unpack it, and name the file instead"],
    ['dump.sql', ['--uploads', 'dump.zip'], 'packed with zip\nnext: unpack it, and name the folder instead'],
    ['site.wpress', [], 'which is an archive of All-in-One WP Migration'],
    ['dump.sql', ['--uploads', 'site.wpress'], 'which is an archive of All-in-One WP Migration'],
    ['dump.sql', ['--uploads', 'folder'], "--uploads is 'folder', which is empty"],
    ['dump.sql', ['--new-url', 'example.org'], "option '--new-url <url>' argument 'example.org' is invalid"],
  ])('refuses --database %s %j before anything is done', async (dump, args, expected) => {
    const blog = site();
    mkdirSync(join(blog.folder, 'folder'));
    writeFileSync(join(blog.folder, 'empty.sql'), '');
    writeFileSync(join(blog.folder, 'dump.zip'), 'PK\x03\x04');
    writeFileSync(join(blog.folder, 'site.wpress'), 'package.json');
    const { code, stderr } = await blog.run('import', 'blog', '--database', dump, ...args);
    expect(code).toBe(64);
    expect(stderr).toContain(expected);
    expect(commandsOf(blog)).toEqual([]);
  });
});
