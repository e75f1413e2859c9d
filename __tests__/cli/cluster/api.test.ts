import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '../../../cli/cluster/api';
import { SESSION } from '../../support/planned';

const folder = mkdtempSync(join(tmpdir(), 'cli-plan-api-'));
const socketPath = join(folder, 'socket');
const connection = new Connection({ socketPath }, SESSION);
let server: Server;

function serve(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  return new Promise((resolve) => server.listen(socketPath, resolve));
}

const json = { 'content-type': 'application/json' };

afterEach(() => {
  connection.close();
  return new Promise((resolve) => server.close(resolve));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the API', () => {
  it('is asked for a dry run as up applies', async () => {
    const asked: unknown[] = [];
    await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) {
        body += chunk;
      }
      asked.push(request.method, request.url, request.headers['content-type'], JSON.parse(body).kind);
      response
        .writeHead(201, { ...json, warning: '299 - "unknown field \\"spec.a\\"", 299 - "two"' })
        .end('{"kind":"Thing"}');
    });
    const object = { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' } };
    expect(await connection.dryRun('/api/v1/things/x', object)).toEqual({
      status: 201,
      body: { kind: 'Thing' },
      warnings: ['unknown field "spec.a"', 'two'],
    });
    expect(asked).toEqual([
      'PATCH',
      '/api/v1/things/x?dryRun=All&fieldManager=cdk8s-services&force=true&fieldValidation=Ignore',
      'application/apply-patch+yaml',
      'Thing',
    ]);
  });

  it('is asked again when it is busy', async () => {
    let times = 0;
    await serve((_, response) => {
      times++;
      response.writeHead(times < 3 ? 429 : 200, { ...json, 'retry-after': '0' }).end('{}');
    });
    expect([(await connection.get('/')).status, times]).toEqual([200, 3]);
  });

  it('may answer what is no JSON', async () => {
    await serve((_, response) => response.writeHead(404).end('404 page not found\n'));
    expect(await connection.get('/apis/none')).toEqual({
      status: 404,
      body: { message: '404 page not found' },
      warnings: [],
    });
  });

  it.each([
    [500, 'dial tcp 127.0.0.1:1: connect: connection refused', "the cluster's API does not answer: 500, dial tcp"],
    [502, '', "the cluster's API does not answer: 502"],
    [401, '{}', 'the cluster does not know who you are: 401'],
  ])('is not reached: %s', async (status, text, cause) => {
    await serve((_, response) => response.writeHead(status, status === 401 ? json : {}).end(text));
    await expect(connection.get('/api')).rejects.toThrow(cause);
  });
});
