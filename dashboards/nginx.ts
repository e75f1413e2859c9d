import { dashboardJson, spread } from './dashboard';
import { health, saturation } from './pods';
import { nginx } from './web';

export const json = () => dashboardJson({ Health: health(), Saturation: saturation(), Traffic: spread(...nginx()) });
