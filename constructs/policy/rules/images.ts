import { eachContainer, eachPod, type Rule, shown, when } from '../rule';

/** A tag or a digest at the end, as the reference of an image has them. */
const VERSION = /(:[\w][\w.-]{0,127}|@[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-fA-F]{32,})$/;

export const imageVersion: Rule = {
  name: 'image-version',
  recommendation: 'An image names its version, so that the same YAML runs the same program',
  fix: "give the image a tag other than 'latest', or a digest",
  check: (app) => [...ofContainers(app), ...ofVolumes(app)],
};

const ofContainers = eachContainer(({ image }) => floating('image', image));

const ofVolumes = eachPod(({ spec }) =>
  (spec.volumes ?? []).flatMap(({ name, image }) =>
    image ? floating(`image of volume '${name}'`, (image as { reference?: string }).reference) : [],
  ),
);

function floating(field: string, image = ''): string[] {
  const isPinned = VERSION.test(image) && !image.endsWith(':latest');
  return when(!isPinned, shown(field, image || undefined));
}
