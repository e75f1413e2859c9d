import { serviceDashboard } from './service';
import { connections, droppedConnections, requests } from './web';

export const json = () =>
  serviceDashboard({ traffic: requests(), errors: droppedConnections(), own: { nginx: connections() } });
