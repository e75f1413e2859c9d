import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from './services';

for (const [service, json] of Object.entries(dashboards)) {
  writeFileSync(join('constructs', service, 'dashboard.json'), json());
}
