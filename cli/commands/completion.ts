import { Argument, Command } from 'commander';
import { explain } from './help';

export const completion = new Command('completion')
  .description(
    'Print the script by which a shell completes commands, options, and names of services, contexts and more.',
  )
  .addArgument(new Argument('<shell>', 'the shell that loads it').choices(['bash', 'zsh', 'fish']))
  .allowExcessArguments(false)
  .action(async (shell: 'bash' | 'zsh' | 'fish') => {
    const { scriptFor } = await import('../completion/scripts');
    process.stdout.write(scriptFor(shell, process.argv[1] ?? ''));
  });

explain(completion, {
  summary: 'complete what is typed by Tab, in bash, zsh and fish',
  steps: ['prints a script; loaded, it asks this program for what may stand where the cursor is, for 0.3 s at most'],
  examples: [
    ['bash > ~/.local/share/bash-completion/completions/cdk8s-services', 'for bash'],
    ['zsh > ~/.zfunc/_cdk8s-services', "for zsh, with 'fpath+=~/.zfunc' before compinit in ~/.zshrc"],
    ['fish > ~/.config/fish/completions/cdk8s-services.fish', 'for fish'],
  ],
});

/** Not for people: the scripts call it. */
export const complete = new Command('complete')
  .description('Print what may stand where the cursor is: called by the scripts of completion.')
  .argument('[word...]', 'what is typed, with the word of the cursor as the last one')
  .action(async (words: string[], _, { parent }: Command) => {
    const { complete } = await import('../completion/complete');
    // whoever presses Tab is told nothing of failures
    process.stdout.write(await complete(parent as Command, words).catch(() => ''));
  });
