// What could stand at the end of a half-typed command line; the shells' completion asks for it.

import type { Command, Option } from 'commander';

/** `words` without the program's name; the last one is being typed and may be empty. */
export function findCandidates(program: Command, words: string[]): string[] {
  const typed = words.at(-1) ?? '';
  let command = program;
  let awaiting: Option | undefined;
  for (const word of words.slice(0, -1)) {
    const option = findOption(command, word);
    if (word.startsWith('-')) {
      awaiting = option && (option.required || option.optional) ? option : undefined;
      continue;
    }
    if (!awaiting)
      command = command.commands.find((child) => child.name() === word || child.aliases().includes(word)) ?? command;
    awaiting = undefined;
  }
  const candidates = awaiting
    ? (awaiting.argChoices ?? [])
    : typed.startsWith('-')
      ? flagsOf(command)
      : namesOf(command);
  return candidates.filter((candidate) => candidate.startsWith(typed));
}

const findOption = (command: Command, word: string) =>
  [command, ...ancestors(command)]
    .flatMap(({ options }) => options)
    .find((option) => option.long === word || option.short === word);

const flagsOf = (command: Command) =>
  [command, ...ancestors(command)].flatMap(({ options }) =>
    options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : [])),
  );

const namesOf = (command: Command) =>
  command.commands.map((child) => child.name()).filter((name) => name !== 'complete');

function ancestors(command: Command): Command[] {
  return command.parent ? [command.parent, ...ancestors(command.parent)] : [];
}
