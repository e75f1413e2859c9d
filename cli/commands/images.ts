import { Command } from 'commander';
import { run } from './action';
import { explain } from './help';
import { profileOfMinikube } from './options';

export const images = new Command('images')
  .description(
    "Build the images that the app needs and that are missing: into minikube those that are built there ('Images.local'), " +
      "and here those for a registry ('Images.registry').",
  )
  .addOption(profileOfMinikube())
  .option(
    '--push',
    'push those for a registry, and note their digests, by which the app names them from then on',
    false,
  )
  .option('--digests <file>', 'where the digests are noted', 'images.json')
  .allowExcessArguments(false)
  .action((options) =>
    run(
      async (session, progress) => (await import('../images/command')).images(session, progress, options),
      options.profile,
    ),
  );

explain(images, {
  summary: 'build the images, into minikube or for a registry, and push them',
  examples: [
    ['', 'build what is missing'],
    ['--push', 'push what is for a registry, and note the digests'],
  ],
});
