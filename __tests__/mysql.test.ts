import { Size } from 'cdk8s';
import { Credentials, MySql, type MySqlProps, Storage } from '../constructs';
import { find, problems, synth, testChart, yaml } from './support/app';

describe('MySql', () => {
  it('needs nothing', () => {
    const chart = testChart();
    new MySql(chart, 'mysql');
    expect(yaml(chart)).toMatchSnapshot();
  });

  it('renders every prop', () => {
    const chart = testChart();
    const props: Required<MySqlProps> = {
      image: 'registry.example.org/other/mysql:1',
      resources: { cpu: 0.5, cpuLimit: 2, memory: Size.gibibytes(1), memoryLimit: Size.gibibytes(2) },
      storage: Storage.claim({ size: Size.gibibytes(20), storageClass: 'fast' }),
      rootCredentials: Credentials.fromSecret('root', { password: 'pw' }),
      settings: { max_connections: '200' },
    };
    const mysql = new MySql(chart, 'mysql', props);
    mysql.addDatabase('blog');
    mysql.addDatabase('old_shop', { credentials: Credentials.fromSecret('old-shop') });
    expect(yaml(chart)).toMatchSnapshot();
  });

  it('gives each database a user of its own, in a Secret of its own', () => {
    const chart = testChart();
    const database = new MySql(chart, 'mysql').addDatabase('blog_1');
    const manifests = synth(chart);
    expect(database.credentials.secretName).toBe('mysql-blog-1');
    expect(find(manifests, 'ConfigMap', 'mysql').data.accounts).toBe('blog-1\tblog_1\tALL PRIVILEGES\n');
    const { volumes } = find(manifests, 'StatefulSet', 'mysql').spec.template.spec;
    expect(volumes).toContainEqual(expect.objectContaining({ name: 'account-blog-1' }));
  });

  it('refuses a second database of one name', () => {
    const chart = testChart();
    const mysql = new MySql(chart, 'mysql');
    mysql.addDatabase('blog');
    mysql.addDatabase('blog');
    expect(problems(chart)).toEqual([
      "[shop/mysql] database 'name' is 'blog', but the server has one of that name already; use another name",
    ]);
  });
});
