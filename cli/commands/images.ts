import { Command } from 'commander';
import { run } from '../action';
import { explain } from '../help';

export const images = new Command('images')
  .description("Build the images that the app takes from a registry (see 'Images.registry') and that it lacks.")
  .option('--push', 'push them, and note their digests, by which the app names them from then on', false)
  .option('--digests <file>', 'where the digests are noted', 'images.json')
  .allowExcessArguments(false)
  .action((options) =>
    run(async (session, progress) => (await import('../images')).images(session, progress, options), 'minikube'),
  );

explain(images, {
  summary: 'build the images for a registry, and push them',
  examples: [
    ['', 'build what is missing'],
    ['--push', 'push it, and note the digests'],
  ],
});
