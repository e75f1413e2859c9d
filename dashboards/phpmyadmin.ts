import { dashboardJson, spread } from './dashboard';
import { health, saturation } from './pods';
import { nginx, php, phpUptime } from './web';

export const json = () =>
  dashboardJson({
    Health: health(phpUptime()),
    Saturation: saturation(),
    Traffic: spread(...nginx()),
    PHP: spread(...php()),
  });
