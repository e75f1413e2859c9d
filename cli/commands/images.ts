import { Command } from 'commander';
import { run } from '../run';

export const images = new Command('images')
  .description("Build the images that the app takes from a registry (see 'Images.registry') and that it lacks.")
  .option('--push', 'push them, and note their digests, by which the app names them from then on', false)
  .option('--digests <file>', 'where the digests are noted', 'images.json')
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('../images')).images(session, progress, options), 'minikube'),
  );
