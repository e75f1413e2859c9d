import { chmodSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { CredentialsFile, Images, MySql } from '../constructs';
import { find, problems, temporaryFolder, testChart } from './support/app';

const DOCKERFILES = join(__dirname, '..', 'dockerfiles');

/** The tag of an image whose build folder has these files, each with its text and mode. */
function tagOf(files: { readonly [path: string]: readonly [text: string, mode?: number] }, time = 1e9): string {
  const folder = temporaryFolder();
  for (const [path, [text, mode = 0o644]] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
    utimesSync(file, time, time);
  }
  return Images.local().reference(relative(DOCKERFILES, folder)).split(':')[1] ?? '';
}

/** The image of a MySql, and when it is pulled. */
function containerOf(images?: Images, image?: string) {
  const app = new App();
  images?.useIn(app);
  CredentialsFile.placeholders(app, 'secrets');
  const chart = new Chart(app, 'shop');
  new MySql(chart, 'mysql', { image });
  const [container] = find(chart.toJson(), 'StatefulSet', 'mysql').spec.template.spec.containers;
  return [container.image, container.imagePullPolicy];
}

describe('Images', () => {
  it('are built on the node and never pulled unless told otherwise', () => {
    const [image, policy] = containerOf();
    expect(image).toMatch(/^cdk8s-services\/mysql:[0-9a-f]{12}$/);
    expect(policy).toBe('Never');
    expect(containerOf(Images.local())).toEqual([image, policy]);
  });

  it('have the same tags in a registry, which is asked at each start', () => {
    const [local] = containerOf();
    expect(containerOf(Images.registry('ghcr.io/acme'))).toEqual([
      local.replace('cdk8s-services', 'ghcr.io/acme'),
      'Always',
    ]);
  });

  it('are pulled by digest once they were pushed, until they change', () => {
    const digests = join(temporaryFolder(), 'images.json');
    const tagged = Images.registry('ghcr.io/acme').reference('mysql');
    const digest = `sha256:${'0a'.repeat(32)}`;
    writeFileSync(digests, JSON.stringify({ [tagged]: digest, 'ghcr.io/acme/nginx:000000000000': digest }));
    const images = Images.registry('ghcr.io/acme', { digests });
    expect(containerOf(images)).toEqual([`${tagged}@${digest}`, 'Always']);
    expect(images.reference('nginx')).toBe(Images.registry('ghcr.io/acme').reference('nginx'));
  });

  it.each([
    ['{', /^Expected property name/],
    ['{"ghcr.io/acme/mysql:1": "latest"}', /^the digest of 'ghcr.io\/acme\/mysql:1' is none$/],
  ])('refuse digests such as %j', (text, reason) => {
    const digests = join(temporaryFolder(), 'images.json');
    writeFileSync(digests, text);
    const app = new App();
    Images.registry('ghcr.io/acme', { digests }).useIn(app);
    CredentialsFile.placeholders(app, 'secrets');
    const chart = new Chart(app, 'shop');
    new MySql(chart, 'mysql');
    const [problem = '', ...others] = problems(chart);
    const [, said = ''] = /cannot be used \((.*)\)/.exec(problem) ?? [];
    expect(said).toMatch(reason);
    expect(problem.replace(said, '…')).toBe(
      `[shop/mysql] 'digests' is ${digests}, which cannot be used (…); run: cdk8s-services images --push`,
    );
    expect(others).toEqual([]);
  });

  it('have the tag that they are given', () => {
    expect(containerOf(Images.tagged('ghcr.io/acme', '1.2.0'))).toEqual(['ghcr.io/acme/mysql:1.2.0', 'IfNotPresent']);
  });

  it.each(['', 'ghcr.io/acme/', 'https://ghcr.io/acme', 'ghcr.io/Acme', undefined as unknown as string])(
    'are at no registry %j',
    (prefix) => {
      const message = `'prefix' is '${prefix}'; use a registry and a path in lower case, such as 'ghcr.io/acme'`;
      expect(() => Images.registry(prefix)).toThrow(`Images.registry: ${message}`);
      expect(() => Images.tagged(prefix, '1.2.0')).toThrow(`Images.tagged: ${message}`);
    },
  );

  it.each(['ghcr.io/acme', 'localhost:5000', 'registry.example.org/a/b_c', 'acme'])('may be at %s', (prefix) => {
    expect(Images.tagged(prefix, '1').reference('mysql')).toBe(`${prefix}/mysql:1`);
  });

  it.each(['latest', '', '1.2 0', '-1', '1:2', 'x'.repeat(129)])('are never tagged %j', (tag) => {
    expect(() => Images.tagged('ghcr.io/acme', tag)).toThrow(
      new Error(`Images.tagged: 'tag' is '${tag}', which names no version; use a release such as '1.2.0'`),
    );
  });

  it('give way to the image of one service', () => {
    expect(containerOf(Images.local(), 'mariadb:11.4')).toEqual(['mariadb:11.4', 'IfNotPresent']);
    const digest = `mariadb@sha256:${'0a'.repeat(32)}`;
    expect(containerOf(Images.local(), digest)).toEqual([digest, 'IfNotPresent']);
  });

  it.each(['', 'mariadb', 'mariadb:', 'mariadb:latest', 'registry.example.org:5000/mariadb'])(
    'refuse %j as the image of one service',
    (image) => {
      const chart = testChart();
      new MySql(chart, 'mysql', { image });
      expect(problems(chart)).toEqual([
        `[shop/mysql] 'image' is '${image}', which names no version; add a tag that is not 'latest', or a digest`,
      ]);
    },
  );

  it('can differ between the charts of an app', () => {
    const app = new App();
    const [near, far] = [new Chart(app, 'near'), new Chart(app, 'far')];
    Images.registry('ghcr.io/acme').useIn(far);
    expect(Images.of(near).reference('mysql')).toMatch(/^cdk8s-services\/mysql:/);
    expect(Images.of(new Construct(far, 'service')).reference('mysql')).toMatch(/^ghcr\.io\/acme\/mysql:/);
  });

  it('are set before anything is added', () => {
    const app = new App();
    const chart = new Chart(app, 'shop');
    new Construct(chart, 'service');
    const images = Images.local();
    expect(() => images.useIn(app)).toThrow(new Error('app: images are set before anything is added; move useIn() up'));
    expect(() => images.useIn(chart)).toThrow(
      new Error('shop: images are set before anything is added; move useIn() up'),
    );
  });

  it('are only of services that have a folder', () => {
    expect(() => Images.local().reference('nothing')).toThrow(
      new Error(
        `image 'nothing' has no folder ${join(DOCKERFILES, 'nothing')}; the package is not complete, install it again`,
      ),
    );
  });
});

describe('the tag of an image', () => {
  const files = { Dockerfile: ['FROM scratch'], 'bin/start': ['#!/bin/sh', 0o755] } as const;
  const tag = tagOf(files);

  it('is the same for the same build folder, anywhere and at any time', () => {
    expect(tagOf(files, 1.5e9)).toBe(tag);
  });

  it('changes with the content of a file', () => {
    expect(tagOf({ ...files, Dockerfile: ['FROM alpine'] })).not.toBe(tag);
  });

  it('changes with a file that becomes a program', () => {
    expect(tagOf({ ...files, Dockerfile: ['FROM scratch', 0o755] })).not.toBe(tag);
  });

  it('does not change with permissions that a checkout may not keep', () => {
    expect(tagOf({ ...files, Dockerfile: ['FROM scratch', 0o600] })).toBe(tag);
  });

  it('changes with the name of a file, and with its folder', () => {
    expect(tagOf({ Dockerfile: files.Dockerfile, 'bin/begin': files['bin/start'] })).not.toBe(tag);
    expect(tagOf({ Dockerfile: files.Dockerfile, start: files['bin/start'] })).not.toBe(tag);
  });

  it('changes with a new file, even an empty one', () => {
    expect(tagOf({ ...files, '.dockerignore': [''] })).not.toBe(tag);
  });
});
